import type { DatePart, PreparedColumn } from '#/preparing/plan.ts';
import type { PreparingInput } from '#/preparing/preparing.ts';

/* What a preparing has learnt, as JSON. Bounds and values that are not there are null, because JSON has neither NaN nor infinities. */

export interface NumberFeature {
  readonly name: string;
  /** Place of the input that it is made of. */
  readonly input: number;
  /** `value`: the number itself; `place`: that of the word in `words`; else a part of a time. */
  readonly source: 'value' | 'place' | DatePart;
  readonly words?: readonly string[];
  readonly transform: 'none' | 'log' | 'yeo_johnson';
  readonly lambda?: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly fill: number | null;
  /** (x − offset) · scale. */
  readonly offset: number;
  readonly scale: number;
  /** Whether there is a further feature for it, 1 where there was no value. */
  readonly indicator: boolean;
}

export interface CategoryFeature {
  readonly name: string;
  readonly input: number;
  /** Words that are categories of their own, which come first. */
  readonly words: readonly string[];
  /** Names of all categories: those of the words, then one for rare words, then one for no value, where there are such. */
  readonly categories: readonly string[];
  /** The category of all other words, unknown ones too; -1: none. */
  readonly other: number;
  /** The category where there is no value; -1: none. */
  readonly missing: number;
  readonly indicator: boolean;
}

export interface PreparingState {
  readonly version: 1;
  readonly form: 'dense' | 'columns';
  readonly columns: readonly PreparedColumn[];
  readonly inputs: readonly PreparingInput[];
  /** In the order in which the graph makes them: values, places, parts of times, then those that are transformed. */
  readonly numbers: readonly NumberFeature[];
  readonly categories: readonly CategoryFeature[];
}

/** A step of the order above. */
export function stageOf({ source, transform }: Pick<NumberFeature, 'source' | 'transform'>): number {
  if (transform !== 'none') return transform === 'log' ? 3 : 4;
  if (source === 'value') return 0;
  return source === 'place' ? 1 : 2;
}
