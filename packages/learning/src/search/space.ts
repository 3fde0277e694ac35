import { AppError } from '@mlab/kernel/errors';
import type { Range, Space } from '#/trainer.ts';

export type Value = string | number | boolean;
/** Hyperparameters by name. */
export type Values = Readonly<Record<string, Value>>;

/**
 * A dimension as samplers see it. Numbers lie between `low` and `high` (their logarithms where it is `log`), integers being wide from half below to
 * half above; a choice is an index.
 */
export interface Dimension {
  readonly name: string;
  readonly range: Range;
  readonly low: number;
  readonly high: number;
  /** How many choices; 0 for numbers. */
  readonly options: number;
}

/** In the order of their names, so that the order in which a space is written changes nothing. */
export function dimensionsOf(space: Space): readonly Dimension[] {
  return Object.entries(space)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, range]) => dimensionOf(name, range));
}

function dimensionOf(name: string, range: Range): Dimension {
  if (range.kind === 'choice') {
    if (range.options.length === 0) throw new AppError('invalid', `The range of ${name} has no options.`);
    return { name, range, low: 0, high: range.options.length - 1, options: range.options.length };
  }
  const { kind, low, high, log = false } = range;
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) {
    throw new AppError('invalid', `The range of ${name} has to go from a number to a greater one, got ${low} to ${high}.`);
  }
  if (kind === 'int' && !(Number.isSafeInteger(low) && Number.isSafeInteger(high))) {
    throw new AppError('invalid', `The range of ${name} has to be one of integers, got ${low} to ${high}.`);
  }
  if (log && low <= 0) throw new AppError('invalid', `The range of ${name} is logarithmic and has to begin above 0, got ${low}.`);
  const half = kind === 'int' ? 0.5 : 0;
  const place = log ? Math.log : (value: number): number => value;
  return { name, range, low: place(low - half), high: place(high + half), options: 0 };
}

/** The value at a place of the dimension; a place of an integer is somewhere within half of it. */
export function valueAt({ range, low, high }: Dimension, place: number): Value {
  if (range.kind === 'choice') return range.options[Math.max(0, Math.min(range.options.length - 1, Math.round(place)))] as Value;
  const within = Math.max(low, Math.min(high, place));
  const value = range.log === true ? Math.exp(within) : within;
  return Math.max(range.low, Math.min(range.high, range.kind === 'int' ? Math.round(value) : value));
}

/** Where a value lies; undefined where the dimension does not have it. */
export function placeOf({ range }: Dimension, value: unknown): number | undefined {
  if (range.kind === 'choice') {
    const index = range.options.indexOf(value as Value);
    return index < 0 ? undefined : index;
  }
  if (typeof value !== 'number' || !(value >= range.low && value <= range.high)) return undefined;
  return range.log === true ? Math.log(value) : value;
}

/** Anywhere, each place as likely as any other. */
export function randomPlace({ low, high, options }: Dimension, random: () => number): number {
  return options > 0 ? Math.floor(random() * options) : low + random() * (high - low);
}
