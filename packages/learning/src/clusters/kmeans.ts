import { AppError } from '@mlab/kernel/errors';
import { Type, type Static } from '@mlab/schema';
import { denseRows } from '#/arrays/dense.ts';
import { pack, unpack } from '#/arrays/pack.ts';
import { weightsOf } from '#/arrays/weights.ts';
import { clusterModel } from '#/clusters/cluster-model.ts';
import { lloyd } from '#/clusters/lloyd.ts';
import type { Points } from '#/clusters/points.ts';
import { plusPlus, someRows } from '#/clusters/plus-plus.ts';
import { mixed } from '#/mixed.ts';
import { paramsOf } from '#/params.ts';
import { seededRandom } from '#/random.ts';
import type { Trainer } from '#/trainer.ts';

const params = Type.Object(
  {
    n_clusters: Type.Integer({ default: 8, minimum: 1, maximum: 10_000, description: 'How many clusters' }),
    init: Type.Unsafe<'k-means++' | 'random'>({
      type: 'string',
      enum: ['k-means++', 'random'],
      default: 'k-means++',
      description: 'The first centres: rows that are far from each other, or any rows',
    }),
    n_init: Type.Integer({ default: 3, minimum: 1, maximum: 1000, description: 'How often it begins anew; the best result is kept' }),
    max_iter: Type.Integer({ default: 300, minimum: 1, maximum: 100_000, description: 'Iterations of each beginning, at most' }),
    tol: Type.Number({
      default: 1e-4,
      minimum: 0,
      maximum: 1,
      description: 'It is done when the centres move less: sum of squares, as a part of the mean variance of the columns',
    }),
  },
  { title: 'KmeansParams' },
);

/** Lloyd's k-means. What `onIteration` is told as `train_loss` is the inertia: Σ weight · squared distance to the nearest centre. */
export const kmeans: Trainer<Static<typeof params>> = {
  name: 'kmeans',
  title: 'k-means',
  tasks: ['clustering'],
  params: paramsOf(params),
  space: { n_clusters: { kind: 'int', low: 2, high: 20 } },
  input: 'dense',
  parallel: false,
  train(set, _task, given, { random, onIteration, onCheckpoint, resume }) {
    const { rows } = set.matrix;
    const { n_clusters: count, max_iter: maxIterations, n_init: starts } = given;
    if (count > rows) throw new AppError('invalid', `kmeans.n_clusters is ${count}, and there are ${rows} rows.`);
    const points: Points = { rows, width: set.matrix.columns.length, values: denseRows(set.matrix), weights: weightsOf(set) };
    const enough = given.tol * meanVariance(points);
    const start = given.init === 'random' ? someRows : plusPlus;
    // Each beginning has a chance of its own, so that those behind a checkpoint are the same.
    const seed = Math.floor(random() * 2 ** 32);
    let best: State =
      resume === undefined
        ? { seed, round: 0, iterations: 0, inertia: Number.POSITIVE_INFINITY, centers: new Float64Array() }
        : stateOf(resume, count * points.width);
    while (best.round < starts) {
      let { iterations } = best;
      const clusters = lloyd(points, start(points, count, seededRandom(mixed(best.seed, best.round))), {
        maxIterations,
        enough,
        onIteration(inertia) {
          iterations++;
          return onIteration?.({ number: iterations, of: maxIterations * starts, metrics: { train_loss: inertia } }) ?? true;
        },
      });
      const { inertia, centers } = clusters.inertia < best.inertia ? clusters : best;
      best = { seed: best.seed, round: best.round + 1, iterations, inertia, centers };
      if (clusters.isStopped) break;
      onCheckpoint?.(iterations, () => pack({ ...best, centers: undefined }, [best.centers]));
    }
    return { iterations: best.iterations, ...clusterModel(best, points.width) };
  },
};

/** The best so far, and how many beginnings there were. */
interface State {
  readonly seed: number;
  readonly round: number;
  readonly iterations: number;
  readonly inertia: number;
  readonly centers: Float64Array;
}

function stateOf(bytes: Uint8Array, size: number): State {
  const state = unpack(bytes);
  const [centers] = state?.arrays ?? [];
  if (centers?.length !== size) throw new AppError('invalid', 'The checkpoint is not one of these columns and clusters.');
  return { ...(state?.header as unknown as Omit<State, 'centers'>), centers };
}

/** Of the columns, by the weights of the rows. */
function meanVariance({ rows, width, values, weights }: Points): number {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  for (let column = 0; column < width; column++) {
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += ((weights[row] as number) / whole) * (values[row * width + column] as number);
    for (let row = 0; row < rows; row++) sum += ((weights[row] as number) / whole) * ((values[row * width + column] as number) - mean) ** 2;
  }
  return sum / width;
}
