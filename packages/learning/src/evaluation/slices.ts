import { metricsOf } from '#/evaluation/measure.ts';
import { goodness, PRIMARY_METRIC } from '#/evaluation/metrics.ts';
import { ascending } from '#/evaluation/order.ts';
import { checkPredicted, rowsOf, takeRows, type Predicted } from '#/evaluation/predicted.ts';
import type { BooleanField, NumberField, TableColumn, TextField, TimeField } from '#/table.ts';

export interface Slice {
  readonly column: string;
  /** A text, `true` or `false`, or a range as `low ≤ x < high`; absent: where there is no value. */
  readonly value?: string;
  readonly rows: number;
  /** Of all rows. */
  readonly share: number;
  /** The metric by which slices are in order; absent where it is not defined. */
  readonly score?: number;
  /** How much better than all rows; less than 0 is worse. */
  readonly advantage?: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Slices {
  readonly metric: string;
  /** Of all rows. */
  readonly overall?: number;
  /** The worst first. */
  readonly slices: readonly Slice[];
  /** Slices that were not looked at, because they have too few rows or there were too many of them. */
  readonly leftOut: number;
}

export interface SliceOptions {
  /** Default: the one that models of the task are compared by. */
  readonly metric?: string;
  /** A slice with fewer rows says little. Default 30. */
  readonly smallest?: number;
  /** Parts of about the same number of rows of a number column. Default 4. */
  readonly quantiles?: number;
  /** Of a column, those with the most rows. Default 20. */
  readonly perColumn?: number;
  /** Altogether. Default 100. */
  readonly most?: number;
}

interface Part {
  readonly value: string | undefined;
  readonly rows: Uint32Array;
}

/** Metrics of rows that have a text, a range of numbers or times, or no value at all in common. */
export function evaluateSlices(predicted: Predicted, columns: readonly TableColumn[], options: SliceOptions = {}): Slices {
  checkPredicted(predicted);
  const { metric = PRIMARY_METRIC[predicted.task.kind], smallest = 30, quantiles = 4, perColumn = 20, most = 100 } = options;
  const overall = metricsOf(predicted).metrics[metric];
  const total = rowsOf(predicted);
  let leftOut = 0;
  const slices = columns.flatMap((column) => {
    const parts = partsOf(column, quantiles);
    const kept = parts
      .filter(({ rows }) => rows.length >= smallest && rows.length < total)
      .toSorted((a, b) => b.rows.length - a.rows.length)
      .slice(0, perColumn);
    leftOut += parts.filter(({ rows }) => rows.length < total).length - kept.length;
    return kept.map(({ value, rows }) => sliceOf({ predicted, metric, overall }, column.name, { value, rows }));
  });
  const worstFirst = slices.toSorted((a, b) => (a.advantage ?? Number.POSITIVE_INFINITY) - (b.advantage ?? Number.POSITIVE_INFINITY) || 0);
  return {
    metric,
    ...(overall === undefined ? {} : { overall }),
    slices: worstFirst.slice(0, most),
    leftOut: leftOut + Math.max(0, slices.length - most),
  };
}

interface Whole {
  readonly predicted: Predicted;
  readonly metric: string;
  readonly overall: number | undefined;
}

function sliceOf({ predicted, metric, overall }: Whole, column: string, { value, rows }: Part): Slice {
  const part = takeRows(predicted, rows);
  const isWeightless = part.weights?.every((weight) => weight === 0) ?? false;
  const { metrics } = isWeightless ? { metrics: {} as Readonly<Record<string, number>> } : metricsOf(part);
  const score = metrics[metric];
  return {
    column,
    ...(value === undefined ? {} : { value }),
    rows: rows.length,
    share: rows.length / rowsOf(predicted),
    ...(score === undefined ? {} : { score }),
    ...(score === undefined || overall === undefined ? {} : { advantage: goodness(metric, score) - goodness(metric, overall) }),
    metrics,
  };
}

function partsOf(column: TableColumn, quantiles: number): readonly Part[] {
  if (column.kind === 'text') return partsByText(column);
  if (column.kind === 'boolean') return partsByTruth(column);
  return partsByQuantile(column, quantiles);
}

function partsByText({ codes, words: categories }: TextField): readonly Part[] {
  const counts = new Uint32Array(categories.length + 1);
  for (const code of codes) counts[code + 1] = (counts[code + 1] as number) + 1;
  const rows = Array.from(counts, (count) => new Uint32Array(count));
  const next = new Uint32Array(counts.length);
  codes.forEach((code, row) => {
    const at = next[code + 1] as number;
    (rows[code + 1] as Uint32Array)[at] = row;
    next[code + 1] = at + 1;
  });
  return rows.flatMap((some, at) =>
    some.length === 0 ? [] : [{ value: at === 0 ? undefined : (categories[at - 1] as string), rows: some }],
  );
}

function partsByTruth({ values, ...rest }: BooleanField): readonly Part[] {
  const codes = Int32Array.from(values.map((value) => (Number.isNaN(value) ? -1 : value)));
  return partsByText({ ...rest, kind: 'text', codes, words: ['false', 'true'] });
}

/** Rows of one value stay together, so a part may be greater than others, or missing. */
function partsByQuantile({ kind, values }: NumberField | TimeField, quantiles: number): readonly Part[] {
  const missing: number[] = [];
  const present: number[] = [];
  values.forEach((value, row) => (Number.isNaN(value) ? missing : present).push(row));
  const order = ascending(present.map((row) => values[row] as number)).map((at) => present[at] as number);
  const parts: Part[] = missing.length === 0 ? [] : [{ value: undefined, rows: Uint32Array.from(missing) }];
  let start = 0;
  for (let quantile = 1; quantile <= quantiles && start < order.length; quantile++) {
    let end = Math.max(start, Math.round((quantile / quantiles) * order.length));
    if (end === start) continue;
    while (end < order.length && values[order[end] as number] === values[order[end - 1] as number]) end++;
    const at = (place: number): string => nameOf(kind, values[order[place] as number] as number);
    parts.push({
      value: end === order.length ? lastRange(at(start), at(end - 1)) : `${at(start)} ≤ x < ${at(end)}`,
      rows: order.subarray(start, end),
    });
    start = end;
  }
  return parts;
}

const lastRange = (low: string, high: string): string => (low === high ? `x = ${low}` : `${low} ≤ x ≤ ${high}`);

/** Numbers with four digits, times to the second. */
function nameOf(kind: 'number' | 'time', value: number): string {
  if (kind === 'number') return String(Number(value.toPrecision(4)));
  const time = new Date(value);
  return Number.isNaN(time.getTime())
    ? String(value)
    : time
        .toISOString()
        .replace(/(?:T00:00:00)?\.\d+Z$/, '')
        .replace('T', ' ');
}
