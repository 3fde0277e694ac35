import { labelWriter } from '#/compile/labels.ts';
import type { NodeCompiler } from '#/compile/node-compiler.ts';
import { logistic, probit, transformScores } from '#/compile/post-transform.ts';
import type { NumberValue, Value } from '#/compile/value.ts';
import { classesOf } from '#/trees/classes-of.ts';
import type { PostTransform } from '#/trees/trees.ts';

const POST_TRANSFORMS: readonly string[] = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'];

export function linearRegressor(compiler: NodeCompiler): readonly Value[] {
  const x = features(compiler);
  const targets = compiler.attributes.int('targets') ?? 1;
  const intercepts = compiler.attributes.floats('intercepts');
  const transform = postTransform(compiler);
  if (targets < 1) throw compiler.attributes.refusal(`it has ${targets} targets`);
  const out = compiler.newNumbers('float', [targets]);
  const scores = out.data as Float32Array;
  const score = scorer(compiler, x, intercepts.length === targets ? intercepts : new Float32Array(targets));
  compiler.step((rows) => {
    score(rows, scores, targets);
    for (let row = 0; row < rows; row++) {
      // A single score is transformed by PROBIT alone.
      if (targets > 1) transformScores(scores, row * targets, (row + 1) * targets, transform);
      else if (transform === 'PROBIT') scores[row] = probit(scores[row] ?? 0);
    }
  });
  return [out];
}

/** Its scores are one for each intercept; a single one is that of the second of two classes. */
export function linearClassifier(compiler: NodeCompiler): readonly Value[] {
  const x = features(compiler);
  const intercepts = compiler.attributes.floats('intercepts');
  const classes = classesOf(compiler.attributes, 'classlabels_ints');
  const transform = postTransform(compiler);
  const isSingle = intercepts.length === 1;
  if (intercepts.length === 0 || (isSingle ? classes.length !== 2 : classes.length < intercepts.length)) {
    throw compiler.unsupported(`it has ${intercepts.length} intercepts for ${classes.length} classes`);
  }
  const width = isSingle ? 2 : intercepts.length;
  const out = compiler.newNumbers('float', [width]);
  const scores = out.data as Float32Array;
  const [labels, write] = labelWriter(compiler, classes);
  const score = scorer(compiler, x, intercepts);
  compiler.step((rows) => {
    score(rows, scores, width);
    for (let row = 0, at = 0; row < rows; row++, at += width) {
      if (isSingle) {
        const single = scores[at] ?? 0;
        write(row, single > 0 ? 1 : 0);
        writeBoth(single, scores, at, transform);
      } else {
        let best = at;
        for (let next = at + 1; next < at + width; next++) if ((scores[next] ?? 0) > (scores[best] ?? 0)) best = next;
        write(row, best - at);
        transformScores(scores, at, at + width, transform);
      }
    }
  });
  return [labels, out];
}

function writeBoth(score: number, scores: Float32Array, at: number, transform: PostTransform): void {
  if (transform === 'LOGISTIC') {
    scores[at] = logistic(-score);
    scores[at + 1] = logistic(score);
  } else {
    scores[at] = 1 - score;
    scores[at + 1] = score;
  }
}

function features(compiler: NodeCompiler): NumberValue {
  const x = compiler.numbers(0);
  if (x.dims.length !== 1) throw compiler.unsupported(`its input has ${x.dims.length + 1} dimensions`);
  return x;
}

function postTransform(compiler: NodeCompiler): PostTransform {
  const transform = compiler.attributes.string('post_transform') ?? 'NONE';
  if (!POST_TRANSFORMS.includes(transform)) throw compiler.attributes.refusal(`its post_transform is ${transform}`);
  return transform as PostTransform;
}

/** x · coefficientsᵀ + intercepts, summed in doubles and rounded once: nearer to the truth than any order of float32 sums. */
function scorer(
  compiler: NodeCompiler,
  x: NumberValue,
  intercepts: Float32Array,
): (rows: number, out: Float32Array, stride: number) => void {
  const coefficients = compiler.attributes.floats('coefficients');
  const { width, data } = x;
  if (coefficients.length !== width * intercepts.length) {
    throw compiler.attributes.refusal(`it has ${coefficients.length} coefficients for ${width} features and ${intercepts.length} scores`);
  }
  return (rows, out, stride) => {
    for (let row = 0; row < rows; row++) {
      for (let target = 0; target < intercepts.length; target++) {
        let sum = 0;
        for (let column = 0, at = row * width, weight = target * width; column < width; column++, at++, weight++) {
          sum += Math.fround(data[at] as number) * (coefficients[weight] as number);
        }
        out[row * stride + target] = sum + (intercepts[target] as number);
      }
    }
  };
}
