import { basename, extname } from 'node:path';
import { usageError } from '../cli-error.ts';
import type { CommandInput } from '../command.ts';
import { numberFlag, pairFlags, textFlag, textFlags } from '../flag-values.ts';

type Flags = CommandInput['flags'];

/** What the command line asks for, as the service takes it. */
export interface TrainingOrder {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Absent: one model is trained, without looking for hyperparameters. */
  readonly search: Readonly<Record<string, unknown>> | undefined;
}

/** `file` is `-` for standard input. Throws what says which flag is wrong. */
export function readOrder(file: string, flags: Flags): TrainingOrder {
  const name = flags['no-register'] === true ? undefined : (textFlag(flags, 'name') ?? modelName(file, textFlag(flags, 'target')));
  const cv = numberFlag(flags, 'cv', 2);
  const evaluation = {
    ...(cv === undefined ? {} : { kind: 'cross_validation', folds: cv }),
    ...given('metric', textFlag(flags, 'metric')),
    ...given('slices', list(flags, 'slice')),
    ...given('costs', costsOf(flags)),
  };
  const stopping = numberFlag(flags, 'early-stopping', 1);
  return {
    spec: {
      ...given('target', textFlag(flags, 'target')),
      ...given('task', textFlag(flags, 'task')),
      ...given('trainer', textFlag(flags, 'trainer')),
      params: pairs(flags, 'param', jsonValue),
      ...given('features', list(flags, 'feature')),
      ...given('exclude', list(flags, 'exclude')),
      ...given('types', typesOf(flags)),
      ...given('split', splitOf(flags)),
      ...given('weights', textFlag(flags, 'weights')),
      ...given('classWeights', flags['balanced'] === true ? 'balanced' : undefined),
      ...given('earlyStopping', stopping === undefined ? undefined : { rounds: stopping }),
      evaluation,
      ...given('model', name),
      ...given('experiment', textFlag(flags, 'experiment')),
      ...given('name', textFlag(flags, 'run-name')),
      ...given('seed', numberFlag(flags, 'seed', 0)),
      tags: pairs(flags, 'tag', String),
      ...given('executor', textFlag(flags, 'executor')),
    },
    search: searchOf(flags),
  };
}

const given = (key: string, value: unknown): object => (value === undefined ? {} : { [key]: value });

const list = (flags: Flags, name: string): readonly string[] | undefined => {
  const values = textFlags(flags, name);
  return values.length === 0 ? undefined : values;
};

function pairs<T>(flags: Flags, name: string, read: (value: string) => T): Readonly<Record<string, T>> {
  const example = name === 'param' ? 'trees=200' : 'team=risk';
  return Object.fromEntries(pairFlags(flags, name, example).map(([key, value]) => [key, read(value)]));
}

/** How columns are read: `--type zip=text`, `--missing age=unknown`, `--decimal-comma price`. */
function typesOf(flags: Flags): readonly object[] | undefined {
  const kinds = new Map(pairFlags(flags, 'type', 'zip=text'));
  const missing = Map.groupBy(pairFlags(flags, 'missing', 'age=unknown'), ([column]) => column);
  const commas = new Set(textFlags(flags, 'decimal-comma'));
  const columns = [...new Set([...kinds.keys(), ...missing.keys(), ...commas])];
  if (columns.length === 0) return undefined;
  return columns.map((column) => ({
    column,
    ...given('kind', kinds.get(column)),
    ...given(
      'missing',
      missing.get(column)?.map(([, word]) => word),
    ),
    ...(commas.has(column) ? { decimalComma: true } : {}),
  }));
}

/** `1:50`: of a false alarm, and of what is not found. */
function costsOf(flags: Flags): object | undefined {
  const value = textFlag(flags, 'costs');
  if (value === undefined) return undefined;
  const costs = value.split(':').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [falsePositive, falseNegative] = costs;
  if (costs.length === 2 && costs.every(Number.isFinite)) return { falsePositive, falseNegative };
  throw usageError(`--costs takes what a false positive costs and what a false negative does, such as 1:50, and not "${value}".`);
}

/** `0.1`, `true` and `[1, 2]` are what they look like; everything else is a text. */
function jsonValue(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** `stratified`, `time:day`, `group:customer`; with `--test` and `--validation` for the shares. */
function splitOf(flags: Flags): object | undefined {
  const split = textFlag(flags, 'split');
  const shares = { ...given('test', share(flags, 'test')), ...given('validation', share(flags, 'validation')) };
  if (split === undefined) return Object.keys(shares).length === 0 ? undefined : shares;
  const at = split.indexOf(':');
  const [kind, column] = at < 0 ? [split, undefined] : [split.slice(0, at), split.slice(at + 1)];
  if (!['random', 'stratified', 'time', 'group', 'column'].includes(kind))
    throw usageError(`--split takes random, stratified, time:COLUMN, group:COLUMN or column:COLUMN, and not "${split}".`);
  return { kind, ...given('column', column), ...shares };
}

function share(flags: Flags, name: string): number | undefined {
  const value = textFlag(flags, name);
  if (value === undefined) return undefined;
  const read = Number(value);
  if (value.trim() !== '' && read >= 0 && read < 1) return read;
  throw usageError(`--${name} takes a share of the rows, such as 0.2, and not "${value}".`);
}

function searchOf(flags: Flags): TrainingOrder['search'] {
  const sampler = textFlag(flags, 'search');
  if (sampler === undefined) {
    const stray = ['trials', 'parallel', 'pruner', 'timeout'].find((name) => flags[name] !== undefined);
    if (stray !== undefined) throw usageError(`--${stray} is for a search: say --search tpe, random or grid too.`);
    return undefined;
  }
  if (!['random', 'tpe', 'grid'].includes(sampler)) throw usageError(`--search takes tpe, random or grid, and not "${sampler}".`);
  return {
    sampler,
    ...given('trials', numberFlag(flags, 'trials', 1)),
    ...given('parallel', numberFlag(flags, 'parallel', 1)),
    ...given('pruner', textFlag(flags, 'pruner')),
    ...given('metric', textFlag(flags, 'metric')),
    ...given('timeoutSeconds', numberFlag(flags, 'timeout', 1)),
  };
}

/** What the model is called where nobody says so: as the file, or the target. */
function modelName(file: string, target: string | undefined): string {
  const stem =
    file === '-'
      ? (target ?? 'model')
      : basename(file, extname(file.replace(/\.(gz|zst)$/i, ''))).replace(/\.(csv|tsv|json|ndjson|parquet)?(\.(gz|zst))?$/i, '');
  // oxlint-disable-next-line no-control-regex -- what no model may be called
  const name = stem.replaceAll(/[/:\u0000-\u001f]/g, '-').slice(0, 256);
  return name === '' ? 'model' : name;
}
