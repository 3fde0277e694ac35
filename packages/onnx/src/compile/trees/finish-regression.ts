import { probit, transformScores } from '#/compile/post-transform.ts';
import type { Scores } from '#/compile/trees/add-leaves.ts';
import type { Trees } from '#/trees/trees.ts';

export type Finisher = (scores: Scores, out: Float32Array | Float64Array, at: number) => void;

/** Base values, the average and the post transform, as ONNX Runtime's aggregators have them for regressors. */
export function regressionFinisher(trees: Trees): Finisher {
  return trees.targets === 1 ? finishOne(trees) : finishMany(trees);
}

/** Of a single target only PROBIT is transformed, and only a single base value counts. */
function finishOne({ roots, precision, aggregate, baseValues, postTransform }: Trees): Finisher {
  const round = precision === 'double' ? (value: number): number => value : Math.fround;
  const base = baseValues.length === 1 ? (baseValues[0] ?? 0) : 0;
  const divisor = aggregate === 'AVERAGE' ? roots.length : 1;
  return ({ values }, out, at) => {
    const value = round(round((values[0] ?? 0) / divisor) + base);
    out[at] = postTransform === 'PROBIT' ? probit(Math.fround(value)) : value;
  };
}

/** A target that no leaf said anything of is 0, whatever its base value. */
function finishMany({ roots, aggregate, targets, baseValues, postTransform }: Trees): Finisher {
  const useBase = baseValues.length === targets;
  const divisor = aggregate === 'AVERAGE' ? roots.length : 1;
  return ({ values, has }, out, at) => {
    for (let target = 0; target < targets; target++) {
      values[target] = (values[target] ?? 0) / divisor;
      values[target] = has[target] === 0 ? 0 : (values[target] ?? 0) + (useBase ? (baseValues[target] ?? 0) : 0);
    }
    transformScores(values, 0, targets, postTransform);
    for (let target = 0; target < targets; target++) out[at + target] = values[target] ?? 0;
  };
}
