import { Type, type Static } from '@mlab/schema';
import { numberColumns } from '#/arrays/dense.ts';
import { weightsOf } from '#/arrays/weights.ts';
import { growTree, type IsolationTree } from '#/anomaly/grow-tree.ts';
import { isolationModel } from '#/anomaly/isolation-model.ts';
import { paramsOf } from '#/params.ts';
import type { Trainer } from '#/trainer.ts';

const params = Type.Object(
  {
    n_estimators: Type.Integer({ default: 100, minimum: 1, maximum: 10_000, description: 'How many trees' }),
    max_samples: Type.Integer({ default: 256, minimum: 2, maximum: 1_000_000, description: 'Rows of each tree, drawn without repetition' }),
    max_features: Type.Number({ default: 1, exclusiveMinimum: 0, maximum: 1, description: 'Part of the columns that each tree looks at' }),
    contamination: Type.Union([Type.Literal('auto'), Type.Number({ exclusiveMinimum: 0, maximum: 0.5 })], {
      default: 'auto',
      description: 'Part of the training rows that are to be called strange; auto: those with a score above 0.5',
    }),
  },
  { title: 'IsolationForestParams' },
);

/**
 * Isolation forest (Liu, Ting and Zhou 2008): a row is strange that few random cuts part from all others. The score is what scikit-learn's
 * `score_samples` gives with the other sign: between 0 and 1, about 0.5 where nothing is strange. The graph also says by its label, 1 or 0, which
 * rows are above the threshold.
 */
export const isolationForest: Trainer<Static<typeof params>> = {
  name: 'isolation-forest',
  title: 'Isolation forest',
  tasks: ['anomaly'],
  params: paramsOf(params),
  space: {
    max_samples: { kind: 'int', low: 64, high: 1024, log: true },
    max_features: { kind: 'float', low: 0.3, high: 1 },
  },
  input: 'dense',
  parallel: false,
  train(set, _task, given, { random, onIteration }) {
    const columns = numberColumns(set.matrix);
    const weights = weightsOf(set);
    const candidates = Int32Array.from(weights, (_, row) => row).filter((row) => (weights[row] as number) > 0);
    const samples = Math.min(given.max_samples, candidates.length);
    const features = Math.max(1, Math.floor(given.max_features * columns.length));
    const trees: IsolationTree[] = [];
    for (let number = 1; number <= given.n_estimators; number++) {
      const rows = drawRows(candidates, set.weights === undefined ? undefined : weights, samples, random);
      trees.push(growTree(columns, { rows, features: drawColumns(columns.length, features, random), random }));
      if (onIteration?.({ number, of: given.n_estimators, metrics: {} }) === false) break;
    }
    const unset = isolationModel(trees, { samples, width: columns.length, threshold: 0.5 });
    if (given.contamination === 'auto') return { iterations: trees.length, ...unset };
    const threshold = thresholdOf(unset.predict(set.matrix), given.contamination);
    return { iterations: trees.length, ...isolationModel(trees, { samples, width: columns.length, threshold }) };
  },
};

/** So that this part of the scores is above it: between two of them as NumPy's percentile. */
function thresholdOf(scores: Float64Array, part: number): number {
  const sorted = scores.toSorted();
  const place = (1 - part) * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** Different ones; with weights, each more likely the more it weighs (Efraimidis and Spirakis 2006). */
function drawRows(candidates: Int32Array, weights: Float64Array | undefined, count: number, random: () => number): Int32Array {
  if (weights === undefined) return drawSome(candidates, count, random);
  const keys = new Float64Array(weights.length);
  for (const row of candidates) keys[row] = Math.log(1 - random()) / (weights[row] as number);
  return candidates.toSorted((a, b) => (keys[b] as number) - (keys[a] as number)).slice(0, count);
}

const drawColumns = (width: number, count: number, random: () => number): Int32Array => {
  const all = Int32Array.from({ length: width }, (_, column) => column);
  return count === width ? all : drawSome(all, count, random);
};

function drawSome(from: Int32Array, count: number, random: () => number): Int32Array {
  const order = from.slice();
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (order.length - at));
    const kept = order[other] as number;
    order[other] = order[at] as number;
    order[at] = kept;
  }
  return order.slice(0, count);
}
