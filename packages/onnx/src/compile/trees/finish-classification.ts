import { logistic, probit, transformScores } from '#/compile/post-transform.ts';
import type { Scores } from '#/compile/trees/add-leaves.ts';
import type { Trees } from '#/trees/trees.ts';
import { AppError } from '@mlab/kernel/errors';

/** Writes the scores of a row's classes, and returns which class it is: as ONNX Runtime's TreeAggregatorClassifier does. */
export type ClassFinisher = (scores: Scores, out: Float32Array, at: number) => number;

export function classFinisher(trees: Trees): ClassFinisher {
  return trees.targets === 2 ? finishBinary(trees) : finishMulticlass(trees);
}

function finishMulticlass({ targets, baseValues, postTransform }: Trees): ClassFinisher {
  return ({ values, has }, out, at) => {
    for (let target = 0; target < baseValues.length; target++) {
      values[target] = has[target] === 0 ? (baseValues[target] ?? 0) : (values[target] ?? 0) + (baseValues[target] ?? 0);
      has[target] = 1;
    }
    let best = -1;
    for (let target = 0; target < targets; target++) {
      if (has[target] === 1 && (best === -1 || (values[target] ?? 0) > (values[best] ?? 0))) best = target;
    }
    if (best === -1) throw new AppError('invalid', 'The trees of the model say nothing of any class for a row.');
    transformScores(values, 0, targets, postTransform);
    for (let target = 0; target < targets; target++) out[at + target] = values[target] ?? 0;
    return best;
  };
}

/**
 * Two classes may have weights for both, or for one only: then that is the positive one, whichever it is, and the other's score comes
 * from it.
 */
function finishBinary(trees: Trees): ClassFinisher {
  const { weightTargets, weights, baseValues, postTransform } = trees;
  const oneSided = hasOneTarget(weightTargets);
  const cut = oneSided && weights.every((weight) => !(weight < 0)) ? 0.5 : 0;
  const hasBoth = baseValues.length === 2;
  return ({ values, has }, out, at) => {
    if (hasBoth && has[1] === 1) {
      // Also in ONNX Runtime the first class's sum goes to the second.
      values[1] = (baseValues[1] ?? 0) + (values[0] ?? 0);
      values[0] = -(values[1] ?? 0);
    } else if (hasBoth) {
      values[1] = (values[1] ?? 0) + (baseValues[1] ?? 0);
      values[0] = (values[0] ?? 0) + (baseValues[0] ?? 0);
    } else if (baseValues.length === 1) values[0] = (values[0] ?? 0) + (baseValues[0] ?? 0);
    const isSingle = !hasBoth && has[1] === 0;
    const positive = has[1] === 1 ? (values[1] ?? 0) : has[0] === 1 ? (values[0] ?? 0) : 0;
    const label = positive > cut ? 1 : 0;
    if (isSingle) writeSingle(positive, out, at);
    else {
      for (const target of [0, 1]) if (has[target] === 0) values[target] = 0;
      transformScores(values, 0, 2, postTransform);
      out[at] = values[0] ?? 0;
      out[at + 1] = values[1] ?? 0;
    }
    return label;
  };

  function writeSingle(score: number, out: Float32Array, at: number): void {
    const known = oneSided || baseValues.length === 0;
    if (postTransform === 'PROBIT') {
      out[at] = probit(Math.fround(score));
      out[at + 1] = 0;
    } else if (cut === 0.5 && postTransform !== 'LOGISTIC') {
      out[at] = 1 - score;
      out[at + 1] = score;
    } else if (!known) {
      out[at] = score;
      out[at + 1] = 0;
    } else if (postTransform === 'LOGISTIC') {
      out[at] = logistic(Math.fround(-score));
      out[at + 1] = logistic(Math.fround(score));
    } else {
      out[at] = -score;
      out[at + 1] = score;
    }
  }
}

/** Whether all weights, and there are some, are for one target. */
export function hasOneTarget(weightTargets: Int32Array): boolean {
  for (let at = 1; at < weightTargets.length; at++) if (weightTargets[at] !== weightTargets[0]) return false;
  return weightTargets.length > 0;
}
