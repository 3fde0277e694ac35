import { AppError } from '@mlab/kernel/errors';
import { metricsOf, splitRows, type Iteration } from '@mlab/learning';
import { lossOf } from '#/domain/progress.ts';
import { readControl } from './control.ts';
import { fit, trainerOf, type FitOptions } from './fit.ts';
import { crossValidate, predictedOf } from './judge.ts';
import type { Loaded } from './load.ts';
import type { TrialOrder, TrialResult } from './messages.ts';
import { randomFor } from './random-for.ts';
import { joined, partOf, splitOf, splitTable, type Part } from './split-table.ts';
import type { Say } from './train.ts';

/** Of the rows that are not held back, for trials to be judged on where nobody has said how many. */
const JUDGED = 0.2;

/** How good one set of hyperparameters is, on rows that are not those held back. */
export function tryOut({ spec, loaded, metric, folds, prunes, threads, control }: TrialOrder, say: Say): Promise<TrialResult> {
  const { task, features } = loaded;
  const controlled = readControl(control);
  const { trainer, params } = trainerOf(spec, task);
  let pruned = false;
  const goesOn = (): boolean => !controlled.isCancelled() && !pruned;
  const told = (value: number, step: number): boolean => {
    const report = (): void => say({ kind: 'report', step, value });
    if (prunes) pruned = !controlled.ask(report);
    else report();
    return goesOn();
  };
  const onIteration = ({ number, metrics }: Iteration): boolean => {
    const loss = lossOf(metrics);
    return loss === undefined ? goesOn() : told(loss[1], number);
  };
  const options: FitOptions = { spec, task, trainer, params, features, threads, purpose: 'model' };
  const value = folds > 1 ? acrossFolds() : onceJudged();
  if (controlled.isCancelled()) throw new AppError('cancelled', 'The trial was ended.');
  return Promise.resolve(pruned ? { value: undefined, pruned } : { value: defined(value), pruned });

  function acrossFolds(): number | undefined {
    const quiet = { ...options, onIteration: () => !controlled.isCancelled() };
    return crossValidate(joined(loaded, spec), folds, quiet, () => {}).metrics[metric]?.mean;
  }

  function onceJudged(): number | undefined {
    const { learnt, judged } = partsFor(loaded, spec);
    const model = fit(learnt, judged, { ...options, onIteration });
    return metricsOf(predictedOf(task, judged, model.predict(judged.table))).metrics[metric];
  }

  function defined(found: number | undefined): number {
    if (found !== undefined) return found;
    throw new AppError('invalid', `The metric ${metric} cannot be told for the rows that trials are judged on.`);
  }
}

function partsFor(loaded: Loaded, spec: TrialOrder['spec']): { readonly learnt: Part; readonly judged: Part } {
  const { train, validation } = splitTable(loaded, spec);
  if (validation !== undefined) return { learnt: train, judged: validation };
  const split = splitOf(spec, loaded.task);
  const how = split.kind === 'column' ? { kind: 'random' as const } : split;
  const target = { task: loaded.task, values: train.target };
  const rows = splitRows(train.table, target, { ...how, test: JUDGED, validation: 0 }, randomFor(spec.seed, 'trials'));
  return { learnt: partOf(train, rows.train), judged: partOf(train, rows.test) };
}
