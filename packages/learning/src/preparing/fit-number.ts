import { AppError } from '@mlab/kernel/errors';
import { ofNumbers } from '#/preparing/arithmetic.ts';
import type { ColumnPlan } from '#/preparing/plan.ts';
import { rawValues } from '#/preparing/raw-values.ts';
import type { NumberFeature } from '#/preparing/state.ts';
import { fitLambda, symmetricLog, yeoJohnson } from '#/preparing/transforms.ts';
import type { TableColumn } from '#/table.ts';

export interface FitNumber {
  readonly name: string;
  readonly input: number;
  readonly source: NumberFeature['source'];
  readonly words?: readonly string[];
  readonly form: 'dense' | 'columns';
  readonly plan: Omit<ColumnPlan, 'name'>;
}

/** A feature, or why there is none. */
export type Fit =
  | { readonly feature: NumberFeature; readonly reason: undefined }
  | { readonly feature: undefined; readonly reason: string };

/** So far beyond the range of the training rows, in widths of it, a dense value is cut: no infinity comes to a model that adds and multiplies. */
const GUARD = 1000;
/** Twice it is still a float32. */
const BOUND = 1e38;

/** What a number feature needs to know of the training rows. */
export function fitNumber(column: TableColumn, { name, input, source, words, form, plan }: FitNumber): Fit {
  const { transform = 'none' } = plan;
  const isDense = form === 'dense';
  const lambda = transform === 'yeo_johnson' ? fitLambda(finiteOf(rawValues(column, { source: 'value', transform: 'none' }))) : undefined;
  const shape = { source, transform, ...(words === undefined ? {} : { words }), ...(lambda === undefined ? {} : { lambda }) };
  const raw = rawValues(column, shape);
  const sorted = finiteOf(raw).toSorted();
  const missing = countMissing(raw);
  const infinite = raw.length - missing - sorted.length;
  if (sorted.length === 0 && (isDense || infinite === 0)) return { feature: undefined, reason: 'It has no value in any training row.' };
  const indicator = plan.indicator === true && missing > 0;
  const bounds = boundsOf(name, sorted, { plan, isDense, toUnits: (x) => unitsOf(x, transform, lambda ?? 1) });
  const isBoolean = column.kind === 'boolean';
  const fill = fillOf(name, sorted, { plan, isDense, isBoolean, bounds, toUnits: (x) => unitsOf(x, transform, lambda ?? 1) });
  const values = sorted.map((value) => clamp(value, bounds));
  const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
  const others = missing === 0 || fill === first ? 0 : missing;
  if (first === last && infinite === 0 && others === 0 && !indicator) {
    return { feature: undefined, reason: missing > 0 ? `It is ${first} wherever it has a value.` : `It is ${first} in all training rows.` };
  }
  const scaling = plan.scale ?? (isDense && !isBoolean ? 'standard' : 'none');
  return {
    feature: { name, input, ...shape, ...bounds, fill, ...scaleOf(values, scaling, { fill, missing }), indicator },
    reason: undefined,
  };
}

/** Without −0, which JSON does not have. */
function finiteOf(values: Float32Array): Float32Array {
  const result = new Float32Array(values.length);
  let count = 0;
  for (const value of values) if (Number.isFinite(value)) result[count++] = value + 0;
  return result.subarray(0, count);
}

function countMissing(values: Float32Array): number {
  let count = 0;
  for (const value of values) if (Number.isNaN(value)) count++;
  return count;
}

const unitsOf = (x: number, transform: NumberFeature['transform'], lambda: number): number => {
  if (transform === 'none') return Math.fround(x) + 0;
  return Math.fround(
    transform === 'log' ? symmetricLog(ofNumbers, Math.fround(x)) : yeoJohnson(ofNumbers, Math.fround(x), [lambda, 2 - lambda]),
  );
};

interface Bounds {
  readonly low: number | null;
  readonly high: number | null;
}

function clamp(value: number, { low, high }: Bounds): number {
  return Math.min(Math.max(value, low ?? Number.NEGATIVE_INFINITY), high ?? Number.POSITIVE_INFINITY);
}

interface Fitting {
  readonly plan: Omit<ColumnPlan, 'name'>;
  readonly isDense: boolean;
  readonly toUnits: (x: number) => number;
}

function boundsOf(name: string, sorted: Float32Array, { plan: { clip }, isDense, toUnits }: Fitting): Bounds {
  const [share, other] = clip?.quantiles ?? [];
  if (share !== undefined && !(share >= 0 && share < (other ?? 1) && (other ?? 1) <= 1)) {
    throw new AppError('invalid', `The quantiles that "${name}" is clipped at have to ascend from 0 to 1, not ${share} to ${other}.`);
  }
  if (clip?.low !== undefined && clip.high !== undefined && !(clip.low < clip.high)) {
    throw new AppError('invalid', `The bounds that "${name}" is clipped at have to ascend, not ${clip.low} to ${clip.high}.`);
  }
  const asked: Bounds = {
    low: clip?.low === undefined ? (share === undefined ? null : quantile(sorted, share)) : toUnits(clip.low),
    high: clip?.high === undefined ? (other === undefined ? null : quantile(sorted, other)) : toUnits(clip.high),
  };
  if (!isDense) return asked;
  const [min, max] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  const room = GUARD * Math.max(max - min, Math.abs(max) * 1e-3, 1e-3);
  const guard = {
    low: Math.fround(Math.max(-BOUND, Math.min(BOUND, min - room))),
    high: Math.fround(Math.min(BOUND, Math.max(-BOUND, max + room))),
  };
  return { low: Math.max(asked.low ?? guard.low, guard.low), high: Math.min(asked.high ?? guard.high, guard.high) };
}

function fillOf(
  name: string,
  sorted: Float32Array,
  { plan, isDense, isBoolean, bounds, toUnits }: Fitting & { isBoolean: boolean; bounds: Bounds },
): number | null {
  const how = plan.impute ?? (isDense ? (isBoolean ? 'most_frequent' : 'median') : 'none');
  if (how === 'none' || how === 'category') {
    if (!isDense) return null;
    throw new AppError(
      'invalid',
      `"${name}" has to be imputed by mean, median, most_frequent or constant: the model takes no missing numbers.`,
    );
  }
  if (how === 'constant') {
    if (typeof plan.fill !== 'number' || !Number.isFinite(plan.fill)) {
      throw new AppError('invalid', `"${name}" is imputed by a constant, for which a finite number is needed, not ${String(plan.fill)}.`);
    }
    return toUnits(plan.fill);
  }
  if (sorted.length === 0) throw new AppError('invalid', `"${name}" has no finite value in the training rows to impute by.`);
  if (how === 'mean') return Math.fround(sorted.reduce((sum, value) => sum + clamp(value, bounds) / sorted.length, 0));
  return clamp(how === 'median' ? quantile(sorted, 0.5) : mostFrequent(sorted), bounds);
}

/** Between two values in proportion, as NumPy's `linear`. */
function quantile(sorted: Float32Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [a, b] = [sorted[below] ?? 0, sorted[Math.min(below + 1, sorted.length - 1)] ?? 0];
  return Math.fround(a + (b - a) * (place - below));
}

/** Of equally frequent ones the least. */
function mostFrequent(sorted: Float32Array): number {
  let [best, longest, start] = [sorted[0] ?? 0, 0, 0];
  for (let at = 1; at <= sorted.length; at++) {
    if (at < sorted.length && sorted[at] === sorted[start]) continue;
    if (at - start > longest) [best, longest] = [sorted[start] ?? 0, at - start];
    start = at;
  }
  return best;
}

/** Of clipped values, those that are imputed among them, as where scikit-learn imputes before it scales. */
function scaleOf(
  clipped: Float32Array,
  scaling: NonNullable<ColumnPlan['scale']>,
  { fill, missing }: { fill: number | null; missing: number },
): { offset: number; scale: number } {
  if (scaling === 'none' || clipped.length === 0) return { offset: 0, scale: 1 };
  const values = fill === null || missing === 0 ? clipped : withFills(clipped, fill, missing);
  const [low, high] = [values[0] as number, values.at(-1) as number];
  if (scaling === 'minmax') return { offset: low, scale: inverse(high - low) };
  if (scaling === 'robust') return { offset: quantile(values, 0.5), scale: inverse(quantile(values, 0.75) - quantile(values, 0.25)) };
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { offset: Math.fround(mean), scale: inverse(Math.sqrt(squares / values.length)) };
}

/** In order, too. */
function withFills(sorted: Float32Array, fill: number, count: number): Float32Array {
  const result = new Float32Array(sorted.length + count);
  const above = sorted.findIndex((value) => value > fill);
  const place = above < 0 ? sorted.length : above;
  result.set(sorted.subarray(0, place));
  result.fill(fill, place, place + count);
  result.set(sorted.subarray(place), place + count);
  return result;
}

/** 1 where there is nothing to divide by. */
function inverse(width: number): number {
  const scale = Math.fround(1 / width);
  return Number.isFinite(scale) && scale > 0 ? scale : 1;
}
