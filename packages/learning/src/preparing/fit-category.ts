import { AppError } from '@mlab/kernel/errors';
import type { ColumnPlan } from '#/preparing/plan.ts';
import type { CategoryFeature } from '#/preparing/state.ts';
import type { TextField } from '#/table.ts';

/** As many columns of 0 and 1 as a dense model gets of one column unless told otherwise, and as many as a bin of a byte tells apart. */
const MAX_CATEGORIES = { dense: 50, columns: 254 };

export type CategoryFit =
  | { readonly feature: CategoryFeature; readonly reason: undefined }
  | { readonly feature: undefined; readonly reason: string };

/** The categories of a column in the training rows. The empty word is no value, because a string that comes to a model cannot be missing. */
export function fitCategory(
  column: TextField,
  { input, form, plan }: { input: number; form: 'dense' | 'columns'; plan: Omit<ColumnPlan, 'name'> },
): CategoryFit {
  const { name } = column;
  const rows = column.codes.length;
  const counts = wordCounts(column);
  const missing = rows - counts.reduce((sum, [, count]) => sum + count, 0);
  if (counts.length === 0) return { feature: undefined, reason: 'It has no value in any training row.' };
  const least = leastCount(name, plan.minFrequency, rows);
  const most = plan.maxCategories ?? MAX_CATEGORIES[form];
  if (!(Number.isInteger(most) && most >= 1)) throw new AppError('invalid', `"${name}" has to have at least one category, not ${most}.`);
  const kept = counts.slice(0, most).filter(([, count]) => count >= least);
  if (kept.length === 0) {
    return { feature: undefined, reason: `None of its ${counts.length} words is in at least ${least} training rows.` };
  }
  const words = kept.map(([word]) => word).toSorted((a, b) => (a < b ? -1 : 1));
  const categories = [...words];
  const other = kept.length < counts.length ? categories.push(unused('__rare__', categories)) - 1 : -1;
  const place = missingPlace(name, { plan, kept, words, categories, missing });
  const indicator = plan.indicator === true && missing > 0;
  if (categories.length === 1 && (missing === 0 || place === 0) && !indicator) {
    return { feature: undefined, reason: `It is ${JSON.stringify(words[0])} in all training rows.` };
  }
  return { feature: { name, input, words, categories, other, missing: place, indicator }, reason: undefined };
}

/** From the most frequent on; equally frequent ones in the order of their code units. */
export function wordCounts({ codes, words }: TextField): [word: string, count: number][] {
  const counts = new Int32Array(words.length);
  for (const code of codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
  return words
    .map((word, code): [string, number] => [word, counts[code] as number])
    .filter(([word, count]) => count > 0 && word !== '')
    .toSorted(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
}

function leastCount(name: string, minFrequency: number | undefined, rows: number): number {
  // In small tables each word counts; from 1,000 rows on one that is in fewer than 10 tells little.
  if (minFrequency === undefined) return Math.min(10, Math.max(1, Math.floor(rows / 100)));
  if (!(minFrequency > 0))
    throw new AppError('invalid', `The least frequency of a category of "${name}" has to be more than 0, not ${minFrequency}.`);
  return minFrequency < 1 ? minFrequency * rows : minFrequency;
}

function missingPlace(
  name: string,
  {
    plan,
    kept,
    words,
    categories,
    missing,
  }: { plan: Omit<ColumnPlan, 'name'>; kept: readonly [string, number][]; words: string[]; categories: string[]; missing: number },
): number {
  const { impute = 'none', fill } = plan;
  if (impute === 'none') return -1;
  if (impute === 'category') return missing === 0 ? -1 : categories.push(unused('__missing__', categories)) - 1;
  if (impute === 'most_frequent') return words.indexOf(kept[0]?.[0] ?? '');
  if (impute !== 'constant') throw new AppError('invalid', `"${name}" is made of words, of which there is no ${impute}.`);
  if (typeof fill !== 'string' || fill === '')
    throw new AppError('invalid', `"${name}" is imputed by a constant, for which a word is needed, not ${JSON.stringify(fill)}.`);
  const place = words.indexOf(fill);
  if (place >= 0) return place;
  return categories.push(unused(fill, categories)) - 1;
}

/** A name that no category has. */
function unused(stem: string, names: readonly string[]): string {
  let name = stem;
  while (names.includes(name)) name = `${name}_`;
  return name;
}
