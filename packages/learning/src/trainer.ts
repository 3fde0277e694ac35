import type { Schema } from '@mlab/kernel';
import type { Flow, GraphBuilder } from '@mlab/onnx';
import type { Matrix, TrainingSet } from '#/matrix.ts';
import type { Task, TaskKind } from '#/task.ts';

/** How far a trainer is, and how good. */
export interface Iteration {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  /** The trainer's own loss on the training rows, and on those for validation where there are any: `train_loss`, `validation_loss`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a trainer may use besides the rows. Everything that is left to chance comes from `random`. */
export interface TrainerContext {
  /** Uniform in [0, 1), seeded: the same seed and the same rows make the same model, with any number of threads. */
  readonly random: () => number;
  /** Threads that it may use besides the one that it blocks. */
  readonly threads: number;
  /** Rows to stop early by; a trainer that cannot does not look at them, except to tell its loss. */
  readonly validation?: TrainingSet;
  /** Told after each iteration; false: the model is left as it is now. */
  readonly onIteration?: (iteration: Iteration) => boolean;
  /** Now and then, behind `onIteration` of the same iteration, a way to get the state from which `resume` goes on to the same model. */
  readonly onCheckpoint?: (iteration: number, state: () => Uint8Array) => void;
  readonly resume?: Uint8Array;
}

/** The range of a hyperparameter that a search looks at. */
export type Range =
  | { readonly kind: 'float'; readonly low: number; readonly high: number; readonly log?: boolean }
  | { readonly kind: 'int'; readonly low: number; readonly high: number; readonly log?: boolean }
  | { readonly kind: 'choice'; readonly options: readonly (string | number | boolean)[] };

export type Space = Readonly<Record<string, Range>>;

export interface Trainer<P = never> {
  /** `boosting`, `forest`, `logistic` … */
  readonly name: string;
  readonly title: string;
  readonly tasks: readonly TaskKind[];
  /** Hyperparameters, each with a default, its bounds and a description. */
  readonly params: Schema<P>;
  /** Where a search looks unless told otherwise. */
  readonly space: Space;
  /** `dense`: number columns without a missing value, scaled; `columns`: any. */
  readonly input: 'dense' | 'columns';
  /** Whether more threads make it faster. */
  readonly parallel: boolean;
  /** Blocks its thread until it is done. `set` has at least one row and one column, and a target that suits the task. */
  train(set: TrainingSet, task: Task, params: P, context: TrainerContext): Fitted;
}

export interface Fitted {
  readonly iterations: number;
  /** What whoever reads the result should know, as sentences: that it did not converge, for instance. */
  readonly warnings?: readonly string[];
  /**
   * Row after row. Binary and multiclass: a probability for each class; regression: the value; clustering: the index of the cluster;
   * anomaly: the score, higher where a row is stranger.
   */
  predict(matrix: Matrix): Float64Array;
  /**
   * Adds the model to a graph. `features` hold the matrix' columns in its order: a float flow of k columns stands for k number columns,
   * a string flow for one category column. What ONNX Runtime answers is what `predict` says within 1e-6.
   */
  write(graph: GraphBuilder, features: readonly Flow[]): Written;
  /** By column, of sum 1: how much each has told; undefined where the model knows nothing of it. */
  importance(): Float64Array | undefined;
}

/** What a model's graph answers. */
export interface Written {
  /** The class, or the number of the cluster. */
  readonly label?: Flow;
  readonly probabilities?: Flow;
  /** The value of a regression, or the score of an anomaly. */
  readonly value?: Flow;
}
