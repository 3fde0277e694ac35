import type { ServedVersion } from '@mlab/contracts/predictor-models';
import type { CallMeta } from '@mlab/kernel';
import type { Columns, Outputs, Port } from '@mlab/onnx';

/** Which version of a model is meant: one of them, the one that an alias names, or the one that answers who names neither. */
export interface ModelRef {
  readonly model: string;
  readonly version?: number | undefined;
  readonly alias?: string | undefined;
}

/** A version in memory. Whoever holds it may ask it, also when another has taken its place meanwhile. */
export interface ServedModel {
  readonly model: string;
  readonly version: number;
  /** Of its file, as it was verified. */
  readonly sha256: string;
  readonly bytes: number;
  readonly backend: 'compiled' | 'onnxruntime';
  /** Why it is not compiled. */
  readonly reason: string | undefined;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** What the file says of itself. */
  readonly metadata: ReadonlyMap<string, string>;
  /** All outputs for the rows of the columns. Counted, measured and bounded; `invalid` where the columns do not fit. */
  ask(columns: Columns, call: CallMeta): Promise<Outputs>;
  /** The same without waiting; `undefined` where so many rows cannot be answered at once: then `ask` has to be. */
  askNow?(columns: Columns, rows: number): Outputs | undefined;
}

/** All models that can be asked. */
export interface Models {
  /** Without waiting, where it is in memory and known to be the one that is meant: for the hot path. */
  standing(ref: ModelRef): ServedModel | undefined;
  /** Looks it up and loads it where needed. `not_found`, `unavailable` (with `retryAfter`), or `conflict` where it cannot be loaded. */
  open(ref: ModelRef, call: CallMeta): Promise<ServedModel>;
  list(): readonly ServedVersion[];
  /** How many versions went. */
  unload(ref: ModelRef): Promise<number>;
}
