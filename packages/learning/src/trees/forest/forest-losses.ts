import { seededRandom } from '#/random.ts';
import type { TrainingSet } from '#/matrix.ts';
import type { Task } from '#/task.ts';
import { rowWeights, weightedRows } from '#/trees/class-weights.ts';
import { stepSeed } from '#/trees/choose.ts';
import { valuesFor } from '#/trees/columns.ts';
import { drawRows } from '#/trees/forest/bootstrap.ts';
import type { ForestParams } from '#/trees/forest/params.ts';
import type { PreparedForest } from '#/trees/forest/prepare.ts';
import { addTrees } from '#/trees/tree-model.ts';
import type { Tree } from '#/trees/tree.ts';

/** The loss of training rows is that of so many of them: a forest learns most of them by heart, so that it says little. */
const JUDGED_ROWS = 2_000;

/** What the trees that there are say of some rows: sums, and how many trees each row has been judged by. */
interface Judged {
  readonly values: readonly Float32Array[];
  readonly target: Float64Array;
  readonly weights: Float64Array | undefined;
  readonly sums: Float64Array;
  readonly trees: Float64Array;
}

/** How good a forest is while it grows: the squared error, of classes Brier's score (1950), which knows shares of 0. */
export class ForestLosses {
  readonly #prepared: PreparedForest;
  readonly #isRegression: boolean;
  readonly #train: Judged;
  readonly #validation: Judged | undefined;
  readonly #unseen: Judged | undefined;
  #trees = 0;

  constructor(
    prepared: PreparedForest,
    set: TrainingSet,
    task: Task,
    { params, validation }: { readonly params: ForestParams; readonly validation: TrainingSet | undefined },
  ) {
    const { values, job } = prepared;
    const judged = (of: readonly Float32Array[], { target, weights }: TrainingSet): Judged => ({
      values: of,
      target,
      weights,
      sums: new Float64Array(target.length * job.channels),
      trees: new Float64Array(target.length),
    });
    const step = Math.max(1, Math.floor(job.rows / JUDGED_ROWS));
    const isJudged = (_: number, row: number): boolean => row % step === 0;
    const weights = set.weights === undefined ? {} : { weights: set.weights.filter(isJudged) };
    this.#prepared = prepared;
    this.#isRegression = task.kind === 'regression';
    this.#train = judged(
      values.map((column) => column.filter(isJudged)),
      { matrix: set.matrix, target: set.target.filter(isJudged), ...weights },
    );
    if (validation !== undefined) {
      const kept = weightedRows(validation, rowWeights(validation, task, params.class_weight));
      this.#validation = judged(valuesFor(prepared.columns, kept.matrix), kept);
    }
    if (params.oob_score && params.bootstrap) this.#unseen = judged(values, set);
  }

  /** One more tree, in the order of the trees. */
  add(tree: Tree): void {
    for (const judged of [this.#train, this.#validation]) if (judged !== undefined) this.#addTo(judged, tree, undefined);
    if (this.#unseen !== undefined) {
      const { job } = this.#prepared;
      this.#addTo(this.#unseen, tree, drawRows(job, seededRandom(stepSeed(job.seed, this.#trees))));
    }
    this.#trees++;
  }

  metrics(): Record<string, number> {
    const metrics: Record<string, number> = { train_loss: this.#loss(this.#train) };
    if (this.#validation !== undefined) metrics['validation_loss'] = this.#loss(this.#validation);
    if (this.#unseen !== undefined) metrics['oob_score'] = this.#score(this.#unseen);
    return metrics;
  }

  /** To rows that have not been drawn. */
  #addTo({ values, sums, trees }: Judged, tree: Tree, draws: Int32Array | undefined): void {
    const { channels } = this.#prepared.job;
    const rows = trees.length;
    const said = draws === undefined ? sums : new Float64Array(sums.length);
    addTrees({ trees: [tree], outputs: channels, leafValues: channels }, values, said);
    for (let row = 0; row < rows; row++) {
      if (draws !== undefined && draws[row] !== 0) continue;
      trees[row]! += 1;
      if (draws !== undefined) for (let at = row; at < sums.length; at += rows) sums[at]! += said[at] as number;
    }
  }

  /** Of a row: the value, or the share of each class. */
  #said({ sums, trees }: Judged, row: number): number[] {
    const means: number[] = [];
    for (let at = row; at < sums.length; at += trees.length) means.push((sums[at] as number) / (trees[row] as number));
    if (this.#isRegression) return [(means[0] as number) + this.#prepared.mean];
    return means.length === 1 ? [1 - (means[0] as number), means[0] as number] : means;
  }

  #loss(judged: Judged): number {
    return this.#mean(judged, (said, target) => {
      if (this.#isRegression) return ((said[0] as number) - target) ** 2;
      return said.reduce((sum, share, label) => sum + (share - Number(label === target)) ** 2, 0);
    });
  }

  /** The accuracy, or R². */
  #score(judged: Judged): number {
    if (!this.#isRegression) return this.#mean(judged, (said, target) => Number(said.indexOf(Math.max(...said)) === target));
    const { mean } = this.#prepared;
    return 1 - this.#loss(judged) / this.#mean(judged, (_, target) => (target - mean) ** 2);
  }

  /** Of rows that at least one tree has judged. */
  #mean(judged: Judged, of: (said: readonly number[], target: number) => number): number {
    const { target, weights, trees } = judged;
    let [sum, total] = [0, 0];
    for (let row = 0; row < target.length; row++) {
      if (trees[row] === 0) continue;
      const weight = weights === undefined ? 1 : (weights[row] as number);
      sum += weight * of(this.#said(judged, row), target[row] as number);
      total += weight;
    }
    return total === 0 ? 0 : sum / total;
  }
}
