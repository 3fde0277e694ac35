import { AppError } from '@mlab/kernel/errors';
import type { Task } from '#/task.ts';
import type { BoostingParams } from '#/trees/boosting/params.ts';
import type { ObjectiveKind } from '#/trees/objectives/objective.ts';

type Objectives = Pick<BoostingParams, 'objective' | 'alpha' | 'poisson_max_delta_step'>;

/** What a task makes least; a target that does not suit it is refused. */
export function objectiveFor(
  task: Task,
  target: Float64Array,
  { objective, alpha, poisson_max_delta_step: maxDeltaStep }: Objectives,
): ObjectiveKind {
  if (task.kind === 'binary') return { name: 'binary' };
  if (task.kind === 'multiclass') return { name: 'multiclass', classes: task.classes.length };
  const row = target.findIndex((value) => !(Math.abs(value) <= LARGEST));
  if (row >= 0)
    throw new AppError('invalid', `The target of row ${row} has to be a number that a float32 can hold, and is ${target[row]}.`);
  if (objective === 'quantile') return { name: 'quantile', alpha };
  if (objective === 'regression_l1') return { name: 'absolute' };
  if (objective === 'regression') return { name: 'squared' };
  const negative = target.find((value) => value < 0);
  if (negative !== undefined)
    throw new AppError('invalid', `The target of objective poisson has to be 0 or more, and there is ${negative}.`);
  if (target.every((value) => value === 0)) throw new AppError('invalid', 'The target of objective poisson is 0 in all rows.');
  return { name: 'poisson', maxDeltaStep };
}

const LARGEST = 3.4028234663852886e38;
