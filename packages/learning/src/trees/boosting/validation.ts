import type { TrainingSet } from '#/matrix.ts';
import type { Task } from '#/task.ts';
import type { BoostingParams } from '#/trees/boosting/params.ts';
import type { Prepared } from '#/trees/boosting/prepare.ts';
import { rowWeights, weightedRows } from '#/trees/class-weights.ts';
import { valuesFor } from '#/trees/columns.ts';
import type { Objective, Rows } from '#/trees/objectives/objective.ts';
import { addTrees } from '#/trees/tree-model.ts';
import type { Tree } from '#/trees/tree.ts';

/** Rows for validation, with what the trees say of them so far. */
export class Validation {
  readonly #values: readonly Float32Array[];
  readonly #rows: Rows;
  readonly #objective: Objective;
  readonly #outputs: number;

  constructor(
    given: TrainingSet,
    { prepared, objective, task, params }: { prepared: Prepared; objective: Objective; task: Task; params: BoostingParams },
  ) {
    const set = weightedRows(given, rowWeights(given, task, params.class_weight));
    const { rows } = set.matrix;
    this.#values = valuesFor(prepared.columns, set.matrix);
    this.#objective = objective;
    this.#outputs = prepared.start.length;
    const scores = new Float64Array(rows * this.#outputs);
    prepared.start.forEach((value, output) => scores.fill(value, output * rows, (output + 1) * rows));
    this.#rows = { target: set.target, weights: set.weights, scores };
  }

  /** Trees of more iterations. */
  add(trees: readonly Tree[]): void {
    addTrees({ trees, outputs: this.#outputs, leafValues: 1 }, this.#values, this.#rows.scores);
  }

  loss(): number {
    return this.#objective.loss(this.#rows);
  }
}
