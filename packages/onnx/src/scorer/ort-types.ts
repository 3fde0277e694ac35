import type { ElementType } from '#/model/element-type.ts';
import type { TensorValues } from '#/model/tensor-values.ts';

/** What ONNX Runtime calls the element types that it can exchange with JavaScript: not float16, of which it loses the values in Node 24. */
const NAMES: Partial<Record<ElementType, string>> = {
  float: 'float32',
  double: 'float64',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  bool: 'bool',
  string: 'string',
};

export const ortNameOf = (type: ElementType): string | undefined => NAMES[type];

export const typeOfOrtName = (name: string): ElementType =>
  (Object.keys(NAMES) as ElementType[]).find((type) => NAMES[type] === name) ?? 'undefined';

/** A tensor on its way to the worker or from it. */
export interface Carried {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorValues;
}

export interface WorkerSettings {
  readonly bytes: Uint8Array;
  /** How many threads ONNX Runtime uses for one run. */
  readonly threads: number;
  readonly loadTimeoutMs: number;
  /** Most memory of a process, in MiB. */
  readonly memoryMb?: number | undefined;
  /** Most bytes of the outputs of one run. */
  readonly maxOutputBytes?: number | undefined;
}

export interface Question {
  readonly feeds: readonly Carried[];
}

/** What the worker says: first whether it could load the model, then one answer to each question. */
export type Answer = (
  | { readonly outputs: readonly Carried[] }
  | { readonly failed: string }
  /** The outputs have more bytes than are taken. */
  | { readonly tooMany: number }
) & {
  /** What the process has in memory, where nobody else can tell. */
  readonly residentBytes?: number;
};
