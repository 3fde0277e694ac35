import type { ColumnProfile, NumberProfile, Profile, TextProfile } from '#/profile/profile.ts';
import type { Table, TableColumn, TextField } from '#/table.ts';

/** So many bins, and words, a profile has in all: with thousands of columns each gets fewer. */
const ALL_BINS = 40_000;
const ALL_WORDS = 40_000;
const BINS = { least: 5, most: 20 };
const TOP = { least: 5, most: 50 };
const LONGEST_WORD = 80;
/** Of so many rows at most, evenly taken, the bounds of bins are found; all rows are counted in them. */
const SAMPLE = 50_000;

/** How the rows of a table are distributed, and what was to be learnt of them and what the model says of them, where these are given. */
export function profileOf(table: Table, { target, prediction }: { target?: TableColumn; prediction?: TableColumn } = {}): Profile {
  const share = (all: number, { least, most }: typeof BINS): number =>
    Math.max(least, Math.min(most, Math.floor(all / Math.max(1, table.columns.length))));
  const [bins, top] = [share(ALL_BINS, BINS), share(ALL_WORDS, TOP)];
  return {
    version: 1,
    rows: table.rows,
    columns: table.columns.map((column) => columnProfile(column, { bins, top })),
    ...(target === undefined ? {} : { target: columnProfile(target, { bins: BINS.most, top: TOP.most }) }),
    ...(prediction === undefined ? {} : { prediction: columnProfile(prediction, { bins: BINS.most, top: TOP.most }) }),
  };
}

const columnProfile = (column: TableColumn, { bins, top }: { bins: number; top: number }): ColumnProfile =>
  column.kind === 'text' ? textProfile(column, top) : numberProfile(column, bins);

function textProfile({ name, codes, words }: TextField, most: number): TextProfile {
  const counts = new Int32Array(words.length);
  let missing = 0;
  for (const code of codes) {
    if (code < 0 || words[code] === '') missing++;
    else counts[code] = (counts[code] as number) + 1;
  }
  const present = words.flatMap((word, code) => ((counts[code] as number) > 0 ? [{ word, count: counts[code] as number }] : []));
  const sorted = present.toSorted((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
  const top = sorted.slice(0, most).map(({ word, count }) => ({ word: cut(word), count }));
  const count = codes.length - missing;
  const other = count - top.reduce((sum, one) => sum + one.count, 0);
  return { kind: 'text', name, count, missing, distinct: present.length, top, other };
}

function cut(word: string): string {
  const characters = word.length > LONGEST_WORD ? Array.from(word.slice(0, 2 * LONGEST_WORD)) : [];
  return characters.length > LONGEST_WORD ? `${characters.slice(0, LONGEST_WORD - 1).join('')}…` : word;
}

function numberProfile({ name, kind, values }: Exclude<TableColumn, TextField>, bins: number): NumberProfile {
  let [missing, infinite, min, max, mean, squares, count] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) missing++;
    else if (Number.isFinite(value)) {
      count++;
      if (value < min) min = value + 0;
      if (value > max) max = value + 0;
      const distance = value - mean;
      mean += distance / count;
      squares += distance * (value - mean);
    } else infinite++;
  }
  const shared = { kind, name, count: values.length - missing, missing, infinite };
  if (count === 0) return { ...shared, min: null, max: null, mean: null, std: null, quantiles: [], edges: [], counts: [] };
  const sorted = sampleOf(values, count);
  const quantiles = Array.from({ length: bins + 1 }, (_, at) => (at === 0 ? min : at === bins ? max : quantileOf(sorted, at / bins)));
  const edges = edgesOf(sorted, quantiles, { bins, min, max });
  // What is too large for a double has no mean of its own.
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    ...shared,
    min,
    max,
    mean: finite(mean),
    std: finite(Math.sqrt(squares / count)),
    quantiles,
    edges,
    counts: countsOf(values, edges),
  };
}

function sampleOf(values: Float64Array, count: number): Float64Array {
  const step = Math.max(1, count / SAMPLE);
  const sample = new Float64Array(Math.min(count, Math.ceil(count / step)));
  let [seen, taken] = [0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (seen >= taken * step && taken < sample.length) sample[taken++] = value + 0;
    seen++;
  }
  return sample.subarray(0, taken).toSorted();
}

function quantileOf(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [a, b] = [sorted[below] ?? 0, sorted[Math.min(below + 1, sorted.length - 1)] ?? 0];
  const part = place - below;
  // Not a + (b − a) · share, because b − a can be too large for a double.
  return a * (1 - part) + b * part;
}

/** Of few different values each is a bin; else bins have nearly as many rows each. */
function edgesOf(
  sorted: Float64Array,
  quantiles: readonly number[],
  { bins, min, max }: { bins: number; min: number; max: number },
): number[] {
  const different: number[] = [];
  for (const value of sorted) {
    if (different.at(-1) === value) continue;
    if (different.push(value) > bins) break;
  }
  const all = different.length > bins ? quantiles : [...different, max];
  const inner = [...new Set(all)].filter((edge) => edge > min && edge < max);
  return min === max ? [min, max] : [min, ...inner, max, ...(different.length > bins ? [] : [max])];
}

function countsOf(values: Float64Array, edges: readonly number[]): number[] {
  const last = edges.length - 2;
  const counts = Array.from({ length: last + 1 }, () => 0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    let [low, high] = [0, last];
    // The last bin that begins at the value or below.
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((edges[middle] as number) <= value) low = middle;
      else high = middle - 1;
    }
    counts[low] = (counts[low] as number) + 1;
  }
  return counts;
}
