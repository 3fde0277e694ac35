import type { TrainingSpec } from '@mlab/contracts/training-spec';
import { AppError } from '@mlab/kernel/errors';
import {
  fitPreparing,
  readParams,
  trainers,
  type Fitted,
  type Iteration,
  type Preparing,
  type Table,
  type Task,
  type Trainer,
} from '@mlab/learning';
import { trainerName } from '#/domain/job.ts';
import type { Part } from './split-table.ts';
import { learningWeights, setOf } from './split-table.ts';
import { randomFor } from './random-for.ts';

export type AnyTrainer = Trainer<unknown>;

/** What was learnt: how columns become features, and what the features say. */
export interface Model {
  readonly preparing: Preparing;
  readonly fitted: Fitted;
  predict(table: Table): Float64Array;
}

export interface FitOptions {
  readonly spec: TrainingSpec;
  readonly task: Task;
  readonly trainer: AnyTrainer;
  readonly params: unknown;
  readonly features: readonly string[];
  readonly threads: number;
  /** What the chance is for: the model, a fold of it, the baseline. */
  readonly purpose: string;
  /** False: training ends, and the model stays as it is. */
  readonly onIteration?: (iteration: Iteration) => boolean;
  readonly onCheckpoint?: (iteration: number, state: () => Uint8Array) => void;
  readonly resume?: Uint8Array | undefined;
  readonly onPrepared?: () => void;
}

/** The trainer that is asked for, with its hyperparameters, those that are absent included. */
export function trainerOf(
  { trainer: name, params, earlyStopping }: TrainingSpec,
  task: Task,
): { trainer: AnyTrainer; params: Record<string, unknown> } {
  const trainer = trainers.find((one) => one.name === name);
  if (trainer === undefined) throw new AppError('invalid', `There is no trainer ${trainerName({ trainer: name })}.`);
  if (!trainer.tasks.includes(task.kind))
    throw new AppError('invalid', `The task is ${task.kind}, and the trainer ${trainer.name} is for ${trainer.tasks.join(', ')}.`);
  const known = (trainer.params.json as { properties?: object }).properties ?? {};
  const own = earlyStopping === undefined ? undefined : STOPPING.find(({ needs }) => needs in known);
  const stopping = own === undefined || earlyStopping === undefined ? {} : own.params(earlyStopping.rounds);
  return { trainer, params: readParams(trainer, { ...stopping, ...params }) as Record<string, unknown> };
}

/** Trainers that stop early by themselves, and keep the best they had. */
const STOPPING = [
  { needs: 'early_stopping_round', params: (rounds: number) => ({ early_stopping_round: rounds }) },
  { needs: 'n_iter_no_change', params: (rounds: number) => ({ early_stopping: true, n_iter_no_change: rounds }) },
];

const onlyFeatures = (table: Table, features: ReadonlySet<string>): Table => ({
  rows: table.rows,
  columns: table.columns.filter(({ name }) => features.has(name)),
});

export function fit(train: Part, validation: Part | undefined, options: FitOptions): Model {
  const { spec, task, trainer, params, threads, purpose, onIteration, onCheckpoint, resume, onPrepared } = options;
  const features = new Set(options.features);
  const table = onlyFeatures(train.table, features);
  const preparing = fitPreparing(table, planOf(spec, features), trainer.input);
  const set = setOf(train, preparing.apply(table), learningWeights(train, task, spec.classWeights), task);
  const stopping =
    validation === undefined
      ? undefined
      : setOf(validation, preparing.apply(validation.table), learningWeights(validation, task, spec.classWeights), task);
  onPrepared?.();
  const stop = STOPPING.some(({ needs }) => needs in (params as object)) ? undefined : spec.earlyStopping?.rounds;
  const goesOn = stop === undefined ? undefined : patience(stop);
  const fitted = trainer.train(set, task, params, {
    random: randomFor(spec.seed, purpose),
    threads: trainer.parallel ? threads : 0,
    ...(stopping === undefined ? {} : { validation: stopping }),
    onIteration: (iteration) => (onIteration?.(iteration) ?? true) && (goesOn?.(iteration) ?? true),
    ...(onCheckpoint === undefined ? {} : { onCheckpoint }),
    ...(resume === undefined ? {} : { resume }),
  });
  return { preparing, fitted, predict: (rows) => fitted.predict(preparing.apply(rows)) };
}

/** Ends training when the loss has not become better for so many iterations, for trainers that do not see to it themselves. */
function patience(rounds: number): (iteration: Iteration) => boolean {
  let best = Number.POSITIVE_INFINITY;
  let at = 0;
  return ({ number, metrics }) => {
    const loss = metrics['validation_loss'];
    if (loss === undefined) return true;
    if (loss < best) [best, at] = [loss, number];
    return number - at < rounds;
  };
}

const planOf = ({ preprocessing }: TrainingSpec, features: ReadonlySet<string>) => ({
  ...preprocessing,
  columns: (preprocessing.columns ?? []).filter(({ name }) => features.has(name)),
});
