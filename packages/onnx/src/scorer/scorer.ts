import type { CompiledModel } from '#/compile/compiled-model.ts';
import type { Model } from '#/model/model.ts';
import type { Columns, Outputs, Port } from '#/scorer/columns.ts';

/** A model that answers, whoever computes it. */
export interface Scorer extends AsyncDisposable {
  readonly backend: 'compiled' | 'onnxruntime';
  /** Why the graph has no compiled form, where it has none. */
  readonly reason: string | undefined;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** What the file says about itself: signature, names of features, classes, whatever its writer put there. */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * The outputs for all rows of the columns. Columns that the model cannot have are refused as `invalid`. A compiled model computes at once,
   * so that the signal is only looked at before.
   */
  score(columns: Columns, options?: { readonly signal?: AbortSignal }): Promise<Outputs>;
  /** The same without a promise, where it is compiled: for the hot path. */
  readonly compiled: CompiledModel | undefined;
  /** As it was read. */
  readonly model: Model;
  /** What it is reckoned to take of memory besides the file. */
  readonly memoryBytes: number;
}

export interface ScorerOptions {
  /** Whether a graph that could be compiled is to be. ONNX Runtime computes it otherwise. */
  readonly compile?: boolean;
  /** Reads the file, where not at once and here: in a `ReadingThread`. */
  readonly read?: (bytes: Uint8Array) => Promise<Model>;
  /**
   * For ONNX Runtime: a thread, or a process of its own. A fault within the native library ends whatever it runs in, and a run can be ended
   * only with its process. Default `thread`.
   */
  readonly isolation?: 'thread' | 'process';
  /** For ONNX Runtime: told when its thread or process has ended by itself, or was given up because it took too long. */
  readonly onLost?: (why: 'died' | 'stalled') => void;
  /**
   * For ONNX Runtime in a process: what that may have in memory, in MiB; then it is ended. On Linux it is looked at twenty times a second while it
   * computes, elsewhere after each answer. Default: any.
   */
  readonly memoryMb?: number;
  /** For ONNX Runtime: more bytes of outputs are refused as `too_large` before they leave where they were computed. Default: any. */
  readonly maxOutputBytes?: number;
  /** For ONNX Runtime: how long a question may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** For ONNX Runtime: how long it may take to load the model, in milliseconds. */
  readonly loadTimeoutMs?: number;
  /** For ONNX Runtime: how many questions may wait. */
  readonly maxWaiting?: number;
  /** For ONNX Runtime: how many rows of several questions are computed together at most. 1 turns it off. */
  readonly maxBatchRows?: number;
  /** For ONNX Runtime: threads of one run. */
  readonly threads?: number;
}
