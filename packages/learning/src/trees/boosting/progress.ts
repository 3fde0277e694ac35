import { AppError } from '@mlab/kernel/errors';
import type { TrainingSet } from '#/matrix.ts';
import type { BoostingParams } from '#/trees/boosting/params.ts';
import { packTrees, unpackTrees } from '#/trees/pack.ts';
import type { Tree } from '#/trees/tree.ts';

interface State {
  readonly seed: number;
  readonly iterations: number;
  readonly best: number;
  readonly bestLoss: number | null;
  /** Of what the state is: another set, or other parameters, cannot go on from it. */
  readonly of: string;
}

/** How far boosting is: all that is needed to go on to the same model. */
export class Progress {
  readonly seed: number;
  readonly trees: Tree[];
  iterations: number;
  /** The iteration with the least loss of the validation rows so far. */
  best: number;
  /** The loss of the validation rows, where there are any. */
  loss: number | undefined;
  #bestLoss: number;
  readonly #of: string;

  private constructor({ seed, iterations, best, bestLoss, of }: State, trees: Tree[]) {
    this.seed = seed;
    this.iterations = iterations;
    this.best = best;
    this.#bestLoss = bestLoss ?? Number.POSITIVE_INFINITY;
    this.#of = of;
    this.trees = trees;
  }

  static open({ matrix }: TrainingSet, params: BoostingParams, resume: Uint8Array | undefined, newSeed: () => number): Progress {
    const of = JSON.stringify([matrix.rows, matrix.columns.map(({ name, kind }) => [name, kind]), params]);
    // Drawn in any case, so that whoever draws from the same source after it gets the same.
    const seed = newSeed();
    if (resume === undefined) return new Progress({ seed, iterations: 0, best: 0, bestLoss: null, of }, []);
    const { told, trees } = unpackTrees(resume);
    const state = told as unknown as State;
    if (state.of !== of) throw new AppError('invalid', 'The state to go on from is of other rows, columns or parameters.');
    return new Progress(state, trees);
  }

  add(trees: readonly Tree[]): void {
    this.trees.push(...trees);
    this.iterations++;
  }

  judge(loss: number | undefined, { early_stopping_min_delta: least }: BoostingParams): void {
    this.loss = loss;
    if (loss === undefined || !(loss < this.#bestLoss - least || this.best === 0)) return;
    this.#bestLoss = loss;
    this.best = this.iterations;
  }

  /** Whether the loss has not become less for too long. */
  isOver({ early_stopping_round: patience }: BoostingParams): boolean {
    return patience > 0 && this.iterations - this.best >= patience;
  }

  pack(): Uint8Array {
    const bestLoss = Number.isFinite(this.#bestLoss) ? this.#bestLoss : null;
    const state: State = { seed: this.seed, iterations: this.iterations, best: this.best, bestLoss, of: this.#of };
    return packTrees({ ...state }, this.trees, 1);
  }
}
