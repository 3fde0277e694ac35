import type { TaskKind, TrainingSpec } from '@mlab/contracts/training-spec';
import { AppError } from '@mlab/kernel';
import { readParams, type Trainer } from '@mlab/learning';
import { wrongField } from './refuse.ts';

const SUPERVISED: readonly TaskKind[] = ['binary', 'multiclass', 'regression'];
const isSupervised = (task: TaskKind): boolean => SUPERVISED.includes(task);

/** What is known of the columns before anything is read. */
export interface KnownColumns {
  readonly columns: readonly { readonly name: string; readonly kind?: string | undefined }[];
}

/** Refuses, with the field, what cannot be trained whatever the data is; and what names columns that the file does not have. */
export function checkSpec(spec: TrainingSpec, trainers: readonly Trainer<unknown>[], known: KnownColumns | undefined): void {
  const { target, task, features, exclude, split, weights, classWeights, evaluation, types, trainer } = spec;
  if (typeof trainer === 'string') checkTrainer(spec, trainer, trainers);
  const mayLackTarget = task !== undefined && !isSupervised(task);
  if (target === undefined && typeof trainer === 'string' && !mayLackTarget)
    throw wrongField('target', 'must be the column to be learnt, unless the task is clustering or anomaly');
  if (target !== undefined && task === 'clustering') throw wrongField('target', 'must be absent for clustering', target);
  if (target !== undefined && (features?.includes(target) === true || exclude.includes(target)))
    throw wrongField(features?.includes(target) === true ? 'features' : 'exclude', 'must not hold the target', target);
  if (features !== undefined) checkOnce('features', features);
  checkOnce(
    'types',
    types.map(({ column }) => column),
  );
  checkOnce('evaluation.slices', evaluation.slices);
  if (weights !== undefined && weights === target) throw wrongField('weights', 'must be another column than the target', weights);
  if (split !== undefined) checkSplit(split, task);
  if (classWeights !== undefined && (task === 'regression' || mayLackTarget))
    throw wrongField('classWeights', 'are for tasks with classes', task);
  if (evaluation.costs !== undefined && task !== undefined && task !== 'binary')
    throw wrongField('evaluation.costs', 'are for tasks of two classes', task);
  if (known !== undefined) checkColumns(spec, known);
}

function checkTrainer(spec: TrainingSpec, name: string, trainers: readonly Trainer<unknown>[]): void {
  const found = trainers.find((one) => one.name === name);
  if (found === undefined) throw wrongField('trainer', `must be one of ${trainers.map((one) => one.name).join(', ')}`, name);
  if (spec.task !== undefined && !found.tasks.includes(spec.task))
    throw wrongField('task', `must be one that ${name} can do, which are ${found.tasks.join(', ')}`, spec.task);
  checkParams(found, spec.params);
}

/** With the defaults of those that are absent. */
export function checkParams(trainer: Trainer<unknown>, params: unknown): Readonly<Record<string, unknown>> {
  try {
    return readParams(trainer, params) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!AppError.is(error)) throw error;
    throw new AppError('invalid', `params: ${error.message}`, {
      issues: [{ type: 'params', loc: ['body', 'params'], msg: error.message, input: params }],
    });
  }
}

function checkSplit({ kind, test, validation = 0, column }: NonNullable<TrainingSpec['split']>, task: TaskKind | undefined): void {
  const needs = kind === 'time' || kind === 'group' || kind === 'column';
  if (needs && column === undefined) throw wrongField('split.column', `must be the column that a split by ${kind} goes by`);
  if (!needs && column !== undefined) throw wrongField('split.column', `must be absent for a ${kind} split`, column);
  if (test + validation > 0.95) throw wrongField('split', 'must leave at least 5 % of the rows to learn from', { test, validation });
  if (kind === 'stratified' && (task === 'regression' || task === 'clustering' || task === 'anomaly'))
    throw wrongField('split.kind', 'must not be stratified where there are no classes', kind);
}

function checkOnce(field: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined && names.length < 2000) throw wrongField(field, 'must name each column once', twice);
}

/** The columns that a specification names, with the field that does. */
function columnsOf(spec: TrainingSpec): readonly (readonly [field: string, column: string])[] {
  const { target, features = [], exclude, types, split, weights, evaluation, preprocessing } = spec;
  return [
    ...(target === undefined ? [] : [['target', target] as const]),
    ...features.map((column) => ['features', column] as const),
    ...exclude.map((column) => ['exclude', column] as const),
    ...types.map(({ column }) => ['types', column] as const),
    ...(split?.column === undefined ? [] : [['split.column', split.column] as const]),
    ...(weights === undefined ? [] : [['weights', weights] as const]),
    ...evaluation.slices.map((column) => ['evaluation.slices', column] as const),
    ...(preprocessing.columns ?? []).map(({ name }) => ['preprocessing.columns', name] as const),
  ];
}

const SHOWN = 20;

function checkColumns(spec: TrainingSpec, { columns }: KnownColumns): void {
  const kinds = new Map(columns.map(({ name, kind }) => [name, kind]));
  for (const [field, column] of columnsOf(spec)) {
    if (!kinds.has(column)) {
      const names = columns.slice(0, SHOWN).map(({ name }) => name);
      const more = columns.length > SHOWN ? `, and ${columns.length - SHOWN} more` : '';
      throw wrongField(field, `must be a column of the dataset, which has ${names.join(', ')}${more}`, column);
    }
    if (field !== 'exclude' && kinds.get(column) === undefined && !spec.types.some((one) => one.column === column))
      throw wrongField(field, 'must be a column that can be read, and this one holds nested or no values', column);
  }
}
