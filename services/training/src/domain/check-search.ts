import type { RangeSpec, SearchSpec } from '@mlab/contracts/training-studies';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import type { Range, Space, Trainer } from '@mlab/learning';
import { checkParams } from './check-spec.ts';
import { wrongField } from './refuse.ts';

/** Refuses, with the field, what cannot be looked for. */
export function checkSearch(spec: TrainingSpec, search: SearchSpec, trainers: readonly Trainer<unknown>[]): void {
  const trainer = trainers.find(({ name }) => name === spec.trainer) as Trainer<unknown>;
  const space = spaceOf(search, trainer);
  if (Object.keys(space).length === 0)
    throw wrongField('search.space', `must have a range, because ${trainer.name} does not say where looking is worth it`);
  const names = search.space.map(({ param }) => param);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw wrongField('search.space', 'must name each hyperparameter once', twice);
  search.space.forEach((range, at) => checkRange(range, `search.space.${at}`));
  // The corners are where a value that the trainer does not take would be.
  for (const corner of [lowest, highest]) {
    const values = Object.fromEntries(Object.entries(space).map(([name, range]) => [name, corner(range)]));
    checkParams(trainer, { ...spec.params, ...values });
  }
}

const lowest = (range: Range): unknown => (range.kind === 'choice' ? range.options[0] : range.low);
const highest = (range: Range): unknown => (range.kind === 'choice' ? range.options.at(-1) : range.high);

function checkRange({ kind, low, high, log, options }: RangeSpec, field: string): void {
  if (kind === 'choice') {
    if (options === undefined) throw wrongField(`${field}.options`, 'must have the values to choose from');
    return;
  }
  if (options !== undefined) throw wrongField(`${field}.options`, 'must be absent, unless kind is choice');
  if (low === undefined || high === undefined)
    throw wrongField(`${field}.${low === undefined ? 'low' : 'high'}`, `must be there for kind ${kind}`);
  if (low > high) throw wrongField(`${field}.low`, 'must not be greater than high', low);
  if (kind === 'int' && !(Number.isInteger(low) && Number.isInteger(high)))
    throw wrongField(`${field}.low`, 'and high must be whole numbers for kind int', low);
  if (log && low <= 0) throw wrongField(`${field}.low`, 'must be greater than 0 for a range that is looked at by its logarithm', low);
}

/** Where the study looks. */
export function spaceOf({ space }: SearchSpec, trainer: Pick<Trainer<unknown>, 'space'>): Space {
  if (space.length === 0) return trainer.space;
  return Object.fromEntries(space.map((range) => [range.param, rangeOf(range)]));
}

function rangeOf({ kind, low = 0, high = 0, log, options = [] }: RangeSpec): Range {
  if (kind === 'choice') return { kind: 'choice', options };
  return { kind, low, high, ...(log ? { log } : {}) };
}
