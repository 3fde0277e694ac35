import { AppError } from '@mlab/kernel/errors';
import { Type, type Static } from '@mlab/schema';
import { denseRows, numberColumns } from '#/arrays/dense.ts';
import { pack, unpack } from '#/arrays/pack.ts';
import { balanceClasses, weightsOf } from '#/arrays/weights.ts';
import { asFloat32, importanceOf, probabilitiesOf, scoresOf, writeLinear, type LinearModel } from '#/linear/linear-model.ts';
import { logisticLoss, type LogisticRows } from '#/linear/logistic-loss.ts';
import { minimize, type MinimizerState } from '#/linear/minimize.ts';
import { scalesOf, standardize, type Scales } from '#/linear/moments.ts';
import type { TrainingSet } from '#/matrix.ts';
import { paramsOf } from '#/params.ts';
import type { Task } from '#/task.ts';
import type { Trainer, TrainerContext } from '#/trainer.ts';

const params = Type.Object(
  {
    C: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 1e12,
      description: 'How much the log loss counts: C · Σ loss + l1_ratio · Σ |w| + (1 − l1_ratio) · Σ w² / 2. Large: next to no penalty',
    }),
    l1_ratio: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: 'Part of the penalty that is of amounts, which makes coefficients 0; the rest is of squares',
    }),
    class_weight: Type.Unsafe<'none' | 'balanced'>({
      type: 'string',
      enum: ['none', 'balanced'],
      default: 'none',
      description: 'balanced: each class counts as much as any other, however many rows it has',
    }),
    max_iter: Type.Integer({ default: 1000, minimum: 1, maximum: 1_000_000, description: 'Iterations at most' }),
    tol: Type.Number({
      default: 1e-9,
      minimum: 0,
      maximum: 1,
      description: 'It is done when no component of the gradient is greater, for columns measured in their deviations',
    }),
  },
  { title: 'LogisticParams' },
);
type LogisticParams = Static<typeof params>;

/**
 * Logistic regression with the objective of scikit-learn's LogisticRegression: of two classes one score, of more the softmax of one for each.
 * The intercepts cost nothing.
 */
export const logistic: Trainer<LogisticParams> = {
  name: 'logistic',
  title: 'Logistic regression',
  tasks: ['binary', 'multiclass'],
  params: paramsOf(params),
  space: {
    C: { kind: 'float', low: 1e-4, high: 1e3, log: true },
    l1_ratio: { kind: 'float', low: 0, high: 1 },
    class_weight: { kind: 'choice', options: ['none', 'balanced'] },
  },
  input: 'dense',
  parallel: false,
  train(set, task, given, context) {
    const classes = classesOf(task);
    const weights = weightsOf(set);
    if (given.class_weight === 'balanced') balanceClasses(weights, set.target, classes.length);
    const width = set.matrix.columns.length;
    const scores = classes.length === 2 ? 1 : classes.length;
    const scales = scalesOf(numberColumns(set.matrix), weights);
    const units = unitsOf(scales, given);
    const rows = denseRows(set.matrix);
    standardize(rows, set.matrix.rows, { ...scales, deviations: units });
    const shares = weights.map((weight) => weight / scales.weight);
    const problem: LogisticRows = { width, rows, target: set.target, shares, scores };
    const variables = new Float64Array(scores * (width + 1));
    const model = (): LinearModel => modelOf(variables, { width, scores, means: scales.means, units });
    const tell = teller(context, given, classes.length, model);
    const resume = context.resume === undefined ? undefined : stateOf(context.resume, variables.length);
    const { iterations, isConverged } = optimize(problem, variables, given, { scales, units, tell, resume });
    const fitted = model();
    return {
      iterations,
      warnings: isConverged
        ? []
        : [
            `The coefficients had not converged after ${iterations} iterations (max_iter). Where classes are separated completely, they grow without end unless C is smaller.`,
          ],
      predict: (matrix) => probabilitiesOf(scoresOf(fitted, matrix), classes.length, scores === 1),
      write: (graph, features) => writeLinear(graph, features, fitted, classes),
      importance: () => importanceOf(fitted, scales.deviations),
    };
  },
};

export function classesOf(task: Task): readonly string[] | readonly number[] {
  if (task.kind !== 'binary' && task.kind !== 'multiclass') throw new Error(`A task of ${task.kind} has no classes.`);
  if (task.classes.length < 2) throw new AppError('invalid', `The target has ${task.classes.length} class; there have to be at least 2.`);
  return task.classes;
}

/** Of a column: as wide as its deviation, and no smaller than what it costs, so that all variables curve about equally. */
function unitsOf({ weight, deviations }: Scales, { C, l1_ratio: ratio }: LogisticParams): Float64Array {
  const cost = (4 * (1 - ratio)) / (C * weight);
  return deviations.map((deviation) => (deviation === 0 ? 0 : Math.sqrt(deviation * deviation + cost)));
}

type Tell = (iteration: number, loss: number, state: () => MinimizerState) => boolean;

function optimize(
  problem: LogisticRows,
  variables: Float64Array,
  { C, l1_ratio: ratio, max_iter: maxIterations, tol: tolerance }: LogisticParams,
  { scales, units, tell, resume }: { scales: Scales; units: Float64Array; tell: Tell; resume: MinimizerState | undefined },
): { iterations: number; isConverged: boolean } {
  const { width, scores } = problem;
  const loss = logisticLoss(problem);
  const price = 1 / (C * scales.weight);
  const l1 = new Float64Array(variables.length);
  const l2 = new Float64Array(variables.length);
  for (let at = 0; at < scores * width; at++) {
    const unit = units[at % width] as number;
    if (unit === 0) continue;
    l1[at] = (price * ratio) / unit;
    l2[at] = (price * (1 - ratio)) / unit / unit;
  }
  let last = 0;
  const objective = (x: Float64Array, gradient: Float64Array): number => {
    let value = loss(x, gradient);
    last = value;
    for (let at = 0; at < scores * width; at++) {
      const own = x[at] as number;
      value += 0.5 * (l2[at] as number) * own * own;
      gradient[at] = (gradient[at] as number) + (l2[at] as number) * own;
    }
    return value;
  };
  const onIteration = (iteration: number, state: () => MinimizerState): boolean => tell(iteration, last, state);
  return minimize(objective, variables, { l1, maxIterations, tolerance, onIteration, resume });
}

function modelOf(
  variables: Float64Array,
  { width, scores, means, units }: { width: number; scores: number; means: Float64Array; units: Float64Array },
): LinearModel {
  const coefficients = new Float32Array(scores * width);
  const sums = new Float64Array(scores);
  for (let score = 0; score < scores; score++) {
    let intercept = variables[scores * width + score] as number;
    for (let column = 0, at = score * width; column < width; column++, at++) {
      const unit = units[column] as number;
      if (unit === 0) continue;
      coefficients[at] = asFloat32((variables[at] as number) / unit);
      intercept -= (coefficients[at] as number) * (means[column] as number);
    }
    sums[score] = intercept;
  }
  // Of several classes the scores may all be moved alike, which says nothing.
  const middle = scores === 1 ? 0 : sums.reduce((sum, intercept) => sum + intercept / scores, 0);
  const intercepts = Float32Array.from(sums, (intercept) => intercept - middle);
  return { width, coefficients, intercepts };
}

function teller(context: TrainerContext, { max_iter: of }: LogisticParams, classes: number, model: () => LinearModel): Tell {
  const { onIteration, onCheckpoint, validation } = context;
  return (number, loss, state) => {
    const metrics: Record<string, number> = { train_loss: loss };
    if (validation !== undefined && onIteration !== undefined) metrics['validation_loss'] = logLoss(model(), validation, classes);
    const goesOn = onIteration?.({ number, of, metrics }) ?? true;
    if (goesOn) onCheckpoint?.(number, () => pack({ ...state(), arrays: undefined }, state().arrays));
    return goesOn;
  };
}

function stateOf(bytes: Uint8Array, size: number): MinimizerState {
  const state = unpack(bytes);
  if (state === undefined || state.arrays.length < 2 || state.arrays.some(({ length }) => length !== size)) {
    throw new AppError('invalid', 'The checkpoint is not one of these columns and classes.');
  }
  return { ...(state.header as unknown as Omit<MinimizerState, 'arrays'>), arrays: state.arrays };
}

/** Mean of −log p of the true class. */
function logLoss(model: LinearModel, set: TrainingSet, classes: number): number {
  const probabilities = probabilitiesOf(scoresOf(model, set.matrix), classes, model.intercepts.length === 1);
  const weights = weightsOf(set);
  let sum = 0;
  let weight = 0;
  for (let row = 0; row < set.matrix.rows; row++) {
    const probability = probabilities[row * classes + (set.target[row] as number)] as number;
    sum -= (weights[row] as number) * Math.log(Math.max(probability, Number.MIN_VALUE));
    weight += weights[row] as number;
  }
  return sum / weight;
}
