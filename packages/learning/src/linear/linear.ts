import { Type, type Static } from '@mlab/schema';
import { sweepMoments, type Penalized } from '#/linear/coordinate-descent.ts';
import { asFloat32, importanceOf, scoresOf, writeLinear, type LinearModel } from '#/linear/linear-model.ts';
import { momentsOf, type Moments, type Scales } from '#/linear/moments.ts';
import { residualSlopes } from '#/linear/residual-slopes.ts';
import { solveSemidefinite } from '#/linear/solve-semidefinite.ts';
import { conjugateGradients, sweepRows, wideOf } from '#/linear/wide.ts';
import { weightsOf } from '#/arrays/weights.ts';
import type { TrainingSet } from '#/matrix.ts';
import { paramsOf } from '#/params.ts';
import type { Trainer, TrainerContext } from '#/trainer.ts';

const params = Type.Object(
  {
    alpha: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1e12,
      description:
        'What coefficients cost: mean of squared errors / 2 + alpha · (l1_ratio · |w| + (1 − l1_ratio) · w² / 2). 0: least squares',
    }),
    l1_ratio: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: 'Part of alpha that amounts cost (lasso, which makes coefficients 0), the rest being for squares (ridge)',
    }),
    max_iter: Type.Integer({ default: 1000, minimum: 1, maximum: 1_000_000, description: 'Iterations at most, where it has to iterate' }),
    tol: Type.Number({
      default: 1e-7,
      minimum: 0,
      maximum: 1,
      description: 'It is done when no coefficient moves further, as a part of the deviation of the target for a deviation of the column',
    }),
  },
  { title: 'LinearParams' },
);
type LinearParams = Static<typeof params>;

/** More columns than these are not multiplied with each other: their products would take 8 · columns² bytes. */
const NARROW = 2048;

/**
 * Least squares, ridge, lasso and elastic net, with the objective of scikit-learn's ElasticNet (with weights: Σ w e² / (2 Σ w)); its Ridge is
 * this with alpha = Ridge's alpha / Σ w. The intercept costs nothing. Where columns depend on each other and alpha is 0, it is the shortest of
 * the best solutions, columns being measured in their deviations.
 */
export const linear: Trainer<LinearParams> = {
  name: 'linear',
  title: 'Linear regression',
  tasks: ['regression'],
  params: paramsOf(params),
  space: {
    alpha: { kind: 'float', low: 1e-5, high: 10, log: true },
    l1_ratio: { kind: 'float', low: 0, high: 1 },
  },
  input: 'dense',
  parallel: false,
  train(set, _task, given, context) {
    const { scales, u, targetMean, iterations, isConverged } = (set.matrix.columns.length <= NARROW ? narrow : wide)(set, given, context);
    const model = modelOf(u, scales, targetMean);
    return {
      iterations,
      warnings: isConverged ? [] : [`The coefficients still moved after ${iterations} iterations (max_iter).`],
      predict: (matrix) => scoresOf(model, matrix),
      write: (graph, features) => writeLinear(graph, features, model),
      importance: () => importanceOf(model, scales.deviations),
    };
  },
};

interface Solution {
  readonly scales: Scales;
  /** Coefficients of columns measured in their deviations. */
  readonly u: Float64Array;
  readonly targetMean: number;
  readonly iterations: number;
  readonly isConverged: boolean;
}

function modelOf(u: Float64Array, { means, deviations }: Scales, targetMean: number): LinearModel {
  const coefficients = Float32Array.from(u, (value, column) =>
    deviations[column] === 0 ? 0 : asFloat32(value / (deviations[column] as number)),
  );
  const intercept = coefficients.reduce((sum, coefficient, column) => sum - coefficient * (means[column] as number), targetMean);
  return { width: u.length, coefficients, intercepts: Float32Array.of(intercept) };
}

function penaltiesOf({ deviations }: Scales, { alpha, l1_ratio: ratio }: LinearParams): Penalized {
  const cost = (amount: number) => (deviation: number) => (deviation === 0 ? 0 : amount / deviation);
  return {
    l1: deviations.map(cost(alpha * ratio)),
    l2: deviations.map(cost(alpha * (1 - ratio))).map((value, column) => cost(value)(deviations[column] as number)),
  };
}

function narrow(set: TrainingSet, given: LinearParams, context: TrainerContext): Solution {
  const weights = weightsOf(set);
  const moments = momentsOf(set, weights);
  const penalties = penaltiesOf(moments, given);
  if (given.alpha === 0 || given.l1_ratio === 0) {
    const u = solveRidge(set, weights, moments, penalties.l2);
    tell(context, moments, { number: 1, of: 1, u, loss: lossOf(moments, u) });
    return { scales: moments, u, targetMean: moments.targetMean, iterations: 1, isConverged: true };
  }
  return descend(set, given, context, {
    ...moments,
    sweep: sweepMoments(moments.products, moments.withTarget, penalties),
    loss: (u) => lossOf(moments, u),
  });
}

/** Mean of the squared errors. */
function lossOf({ products, withTarget, targetVariance }: Moments, u: Float64Array): number {
  const width = u.length;
  let loss = targetVariance;
  for (let row = 0; row < width; row++) {
    let fitted = 0;
    for (let column = 0; column < width; column++) fitted += (products[row * width + column] as number) * (u[column] as number);
    loss += (u[row] as number) * (fitted - 2 * (withTarget[row] as number));
  }
  return Math.max(0, loss);
}

/** Normal equations, each unknown measured such that it costs the same; then twice what the rows themselves say is still missing. */
function solveRidge(set: TrainingSet, weights: Float64Array, moments: Moments, l2: Float64Array): Float64Array {
  const { products, withTarget, deviations } = moments;
  const width = withTarget.length;
  const factors = l2.map((cost, column) => (deviations[column] === 0 ? 0 : 1 / Math.sqrt(1 + cost)));
  const matrix = new Float64Array(width * width);
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < width; column++) {
      const product = (products[row * width + column] as number) + (row === column ? (l2[row] as number) : 0);
      matrix[row * width + column] = product * (factors[row] as number) * (factors[column] as number);
    }
  }
  const solver = solveSemidefinite(matrix, width);
  const u = new Float64Array(width);
  let right = withTarget;
  for (let round = 0; ; round++) {
    const step = solver.solve(right.map((value, column) => value * (factors[column] as number)));
    for (let column = 0; column < width; column++)
      u[column] = (u[column] as number) + (step[column] as number) * (factors[column] as number);
    if (round === 2) return u;
    right = residualSlopes(set, weights, { moments, u, l2 });
  }
}

function wide(set: TrainingSet, given: LinearParams, context: TrainerContext): Solution {
  const rows = wideOf(set, weightsOf(set));
  const penalties = penaltiesOf(rows, given);
  const residuals = rows.centred.slice();
  const loss = (): number => residuals.reduce((sum, residual, row) => sum + (rows.shares[row] as number) * residual * residual, 0);
  if (given.alpha > 0 && given.l1_ratio > 0)
    return descend(set, given, context, { ...rows, sweep: sweepRows(rows, residuals, penalties), loss });
  const { u, iterations, isConverged } = conjugateGradients(rows, penalties.l2, {
    maxIterations: given.max_iter,
    tolerance: given.tol,
    onIteration: (number, current, squares) => tell(context, rows, { number, of: given.max_iter, u: current, loss: squares }),
  });
  return { scales: rows, u, targetMean: rows.targetMean, iterations, isConverged };
}

interface Descent extends Scales {
  readonly targetMean: number;
  readonly targetVariance: number;
  readonly sweep: (u: Float64Array) => number;
  readonly loss: (u: Float64Array) => number;
}

function descend(set: TrainingSet, { tol, max_iter: of }: LinearParams, context: TrainerContext, descent: Descent): Solution {
  const { targetMean, targetVariance, sweep, loss } = descent;
  const u = new Float64Array(set.matrix.columns.length);
  const enough = tol * Math.sqrt(targetVariance);
  const solution = (iterations: number, isConverged: boolean): Solution => ({ scales: descent, u, targetMean, iterations, isConverged });
  for (let number = 1; number <= of; number++) {
    const move = sweep(u);
    const goesOn = tell(context, descent, { number, of, u, loss: context.onIteration === undefined ? 0 : loss(u) });
    if (move <= enough || !goesOn) return solution(number, true);
  }
  return solution(of, false);
}

function tell(
  { onIteration, validation }: TrainerContext,
  scales: Scales & { readonly targetMean: number },
  { number, of, u, loss }: { number: number; of: number; u: Float64Array; loss: number },
): boolean {
  if (onIteration === undefined) return true;
  const metrics: Record<string, number> = { train_loss: loss };
  if (validation !== undefined) metrics['validation_loss'] = squaredError(modelOf(u, scales, scales.targetMean), validation);
  return onIteration({ number, of, metrics });
}

/** Mean of the squared errors. */
function squaredError(model: LinearModel, set: TrainingSet): number {
  const values = scoresOf(model, set.matrix);
  const weights = weightsOf(set);
  let sum = 0;
  let weight = 0;
  for (let row = 0; row < values.length; row++) {
    sum += (weights[row] as number) * ((values[row] as number) - (set.target[row] as number)) ** 2;
    weight += weights[row] as number;
  }
  return sum / weight;
}
