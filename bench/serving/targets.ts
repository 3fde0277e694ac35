/** Everything that serves the model, by name. Each knows how it is started and which question it takes. */
import type { Load, Measure } from '../load/generator.ts';
import type { ServedFile } from './models.ts';

export type Family = 'ours' | 'bare' | 'fastapi' | 'mlserver' | 'ray';

export interface Place {
  readonly served: ServedFile;
  /** Where the model's file lies. */
  readonly path: string;
  /** For all that the servers write. */
  readonly folder: string;
}

/** A server that runs, and how it is asked. */
export interface Running {
  readonly url: string;
  readonly body: (row: readonly number[]) => string;
  /** Of a whole answer: what the model says of the one row. */
  readonly probabilities: (answer: unknown) => readonly number[];
  /** Every process that works for an answer, by the role it plays. */
  readonly pids: Readonly<Record<string, number>>;
  /** Of those that have work to do when nobody asks. */
  readonly pause?: () => void;
  readonly resume?: () => Promise<void>;
  /** Asks once, and makes the load, where that is none of plain HTTP. */
  readonly ask?: (url: string, body: string) => Promise<unknown>;
  readonly load?: (load: Load) => Promise<Measure>;
}

export interface Target {
  readonly name: string;
  readonly family: Family;
  /** Processes and threads, in words. */
  readonly shape: string;
  /** Whatever is opened is put on the stack. */
  start(place: Place, stack: AsyncDisposableStack): Promise<Running>;
}

interface Tensor {
  readonly name: string;
  readonly data: readonly number[];
}

/** Of an answer of the Open Inference Protocol. */
export const inferred = (answer: unknown): readonly number[] =>
  (answer as { outputs: Tensor[] }).outputs.find(({ name }) => name === 'probabilities')?.data ?? [];
