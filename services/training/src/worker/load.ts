import type { TaskKind, TrainingSpec } from '@mlab/contracts/training-spec';
import { AppError } from '@mlab/kernel/errors';
import { columnsByName, readTarget, takeRows, type Table, type Task } from '@mlab/learning';
import type { DatasetDescription } from '#/data/dataset.ts';
import { openFile } from './open-file.ts';
import type { LoadOrder, ThreadFile } from './messages.ts';

/** What is to be learnt from, and of what. */
export interface Loaded {
  readonly description: DatasetDescription;
  /** Rows whose target is there, with the columns that somebody wants. */
  readonly table: Table;
  /** Names of the columns that the model learns from. */
  readonly features: readonly string[];
  readonly task: Task;
  /** Of each row: its value or class; of an anomaly 1 or 0; of length 0 where nothing is given. */
  readonly target: Float64Array;
  readonly weights: Float64Array | undefined;
  readonly warnings: readonly string[];
  /** See `TrainedModel`. */
  readonly contentDigest: string;
}

export async function load({ file, limits, spec }: Pick<LoadOrder, 'file' | 'limits' | 'spec'>): Promise<Loaded> {
  await using dataset = await openFile(withTypes(file, spec), limits);
  const { description } = dataset;
  const readable = description.columns.filter(({ kind }) => kind !== undefined).map(({ name }) => name);
  const features = featuresOf(spec, description, readable);
  const { table: all, contentDigest } = await dataset.readTable(wantedOf(spec, features, readable));
  if (all.rows === 0) throw new AppError('invalid', 'The file has no rows.');
  const { table, task, target, warnings } = withTarget(all, spec);
  return { description, table, features, task, target, weights: weightsOf(table, spec.weights), warnings, contentDigest };
}

const withTypes = (file: ThreadFile, { types }: TrainingSpec): ThreadFile & { readonly types: TrainingSpec['types'] } => ({
  ...file,
  types,
});

function featuresOf(spec: TrainingSpec, { columns }: DatasetDescription, readable: readonly string[]): readonly string[] {
  const { target, features, exclude, split, weights } = spec;
  const known = new Set(columns.map(({ name }) => name));
  const canBeRead = new Set(readable);
  for (const name of [...(features ?? []), ...(target === undefined ? [] : [target]), ...exclude])
    if (!known.has(name)) throw new AppError('invalid', `The dataset has no column "${name}".`);
  const unreadable = [...(features ?? []), ...(target === undefined ? [] : [target])].find((name) => !canBeRead.has(name));
  if (unreadable !== undefined) throw new AppError('invalid', `The column "${unreadable}" has no values that can be learnt from.`);
  const others = new Set([...exclude, target, weights, split?.column]);
  const chosen = features === undefined ? readable.filter((name) => !others.has(name)) : features.filter((name) => !exclude.includes(name));
  if (chosen.length === 0) throw new AppError('invalid', 'The dataset has no column to learn from besides the target.');
  return chosen;
}

function wantedOf(
  { target, split, weights, evaluation }: TrainingSpec,
  features: readonly string[],
  readable: readonly string[],
): readonly string[] {
  const wanted = new Set<string | undefined>([...features, target, split?.column, weights, ...evaluation.slices]);
  const known = new Set([...readable, ...features]);
  for (const name of wanted)
    if (name !== undefined && !known.has(name)) throw new AppError('invalid', `The dataset has no column "${name}" that can be read.`);
  return readable.filter((name) => wanted.has(name));
}

type Targeted = Pick<Loaded, 'table' | 'task' | 'target' | 'warnings'>;

function withTarget(all: Table, { target: column, task: kind }: TrainingSpec): Targeted {
  if (column === undefined)
    return { table: all, task: { kind: kind as 'clustering' | 'anomaly' }, target: new Float64Array(0), warnings: [] };
  const asked = kind === 'anomaly' ? 'binary' : (kind as Exclude<TaskKind, 'clustering' | 'anomaly'> | undefined);
  const { task, rows, values, dropped, reason } = readTarget(all, { column, ...(asked === undefined ? {} : { task: asked }) });
  return {
    table: dropped === 0 ? all : takeRows(all, rows),
    task: kind === 'anomaly' ? { kind } : task,
    target: values,
    warnings: [
      ...(kind === undefined ? [`The task was inferred to be ${task.kind}: ${reason}`] : []),
      ...(dropped === 0 ? [] : [`${dropped} of ${all.rows} rows have no target and were left out.`]),
    ],
  };
}

function weightsOf(table: Table, name: string | undefined): Float64Array | undefined {
  if (name === undefined) return undefined;
  const column = columnsByName(table).get(name);
  if (column?.kind !== 'number')
    throw new AppError('invalid', `The weights "${name}" have to be numbers, and are ${column?.kind ?? 'not there'}.`);
  const wrong = column.values.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (wrong >= 0)
    throw new AppError('invalid', `The weight in row ${wrong + 1} is ${column.values[wrong]}; it has to be a number of at least 0.`);
  if (column.values.every((weight) => weight === 0)) throw new AppError('invalid', `The weights "${name}" are all 0.`);
  return column.values;
}
