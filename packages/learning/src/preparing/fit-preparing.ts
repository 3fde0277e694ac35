import { AppError } from '@mlab/kernel/errors';
import { fitCategory, wordCounts } from '#/preparing/fit-category.ts';
import { fitNumber } from '#/preparing/fit-number.ts';
import { looksLikeIdentifier, spreadOf } from '#/preparing/identifier.ts';
import { LearntPreparing } from '#/preparing/learnt-preparing.ts';
import { DATE_PARTS, type ColumnPlan, type PreparedColumn, type PreparingPlan } from '#/preparing/plan.ts';
import type { Preparing, PreparingInput } from '#/preparing/preparing.ts';
import { stageOf, type CategoryFeature, type NumberFeature, type PreparingState } from '#/preparing/state.ts';
import type { Table, TableColumn, TextField } from '#/table.ts';

type Form = Preparing['form'];
type Use = PreparedColumn['use'];

/**
 * Learns how to make features of a table's columns: from training rows only, without the target and without columns that rows are split by.
 * `dense`: numbers without a missing one, scaled, words as columns of 0 and 1. `columns`: numbers with NaN, and categories.
 */
export function fitPreparing(table: Table, plan: PreparingPlan, form: Form): Preparing {
  if (table.rows === 0) throw new AppError('invalid', 'There are no training rows to prepare by.');
  const plans = plansOf(table, plan);
  const inputs: PreparingInput[] = [];
  const columns: PreparedColumn[] = [];
  const numbers: NumberFeature[] = [];
  const categories: CategoryFeature[] = [];
  for (const column of table.columns) {
    const own = plans.get(column.name) ?? { name: column.name };
    const fitted = fitColumn(column, { form, input: inputs.length, plan: own, keepAll: plan.keepAll === true });
    columns.push({ name: column.name, use: fitted.use, reason: fitted.reason, features: fitted.features });
    if (fitted.features === 0) continue;
    inputs.push({ name: column.name, type: INPUT_TYPES[column.kind], kind: column.kind });
    numbers.push(...fitted.numbers);
    categories.push(...fitted.categories);
  }
  if (inputs.length === 0) throw new AppError('invalid', `No column is left to learn from. ${whyNone(columns)}`);
  // Parts of times stand part by part, as the graph makes them: all times at once.
  const place = ({ source, transform }: NumberFeature): number =>
    stageOf({ source, transform }) * 100 + DATE_PARTS.indexOf(source as 'year');
  const state: PreparingState = { version: 1, form, columns, inputs, numbers: numbers.toSorted((a, b) => place(a) - place(b)), categories };
  return new LearntPreparing(state);
}

const INPUT_TYPES = { number: 'float', boolean: 'float', text: 'string', time: 'double' } as const;

function plansOf(table: Table, { columns = [], defaults = {} }: PreparingPlan): ReadonlyMap<string, ColumnPlan> {
  const names = new Set(table.columns.map(({ name }) => name));
  const own = new Map<string, ColumnPlan>();
  for (const plan of columns) {
    if (!names.has(plan.name))
      throw new AppError('invalid', `The preparing plan names the column "${plan.name}", which the table does not have.`);
    if (own.has(plan.name)) throw new AppError('invalid', `The preparing plan names the column "${plan.name}" twice.`);
    own.set(plan.name, plan);
  }
  // Defaults are for all kinds, so that of words or numbers only those count that suit them.
  return new Map(
    table.columns.map((column) => [column.name, { ...suited(defaults, column), name: column.name, ...given(own.get(column.name)) }]),
  );
}

const given = (plan: ColumnPlan | undefined): object =>
  Object.fromEntries(Object.entries(plan ?? {}).filter(([, value]) => value !== undefined));

function suited({ impute, ...others }: NonNullable<PreparingPlan['defaults']>, { kind }: TableColumn): Partial<ColumnPlan> {
  const isForWords = impute === 'category' || impute === 'none';
  const suits = impute === 'most_frequent' || (kind === 'text') === isForWords;
  const { transform, clip, ...rest } = others;
  return { ...rest, ...(suits ? { impute } : {}), ...(kind === 'number' ? { transform, clip } : {}) };
}

interface FittedColumn extends PreparedColumn {
  readonly numbers: readonly NumberFeature[];
  readonly categories: readonly CategoryFeature[];
}

interface Fitting {
  readonly form: Form;
  readonly input: number;
  readonly plan: ColumnPlan;
  readonly keepAll: boolean;
}

function fitColumn(column: TableColumn, { form, input, plan, keepAll }: Fitting): FittedColumn {
  const { name } = column;
  const none = { name, features: 0, numbers: [], categories: [] };
  const use = useOf(column, plan);
  if (use === 'drop') return { ...none, use, reason: 'It was asked for.' };
  if ((plan.use ?? 'auto') === 'auto' && !keepAll && looksLikeIdentifier(spreadOf(column))) {
    return { ...none, use: 'drop', reason: 'Its values are all different, so that it only names rows.' };
  }
  if (use === 'category') {
    const { feature, reason } = fitCategory(column as TextField, { input, form, plan });
    if (feature === undefined) return { ...none, use: 'drop', reason };
    const features = (form === 'dense' ? feature.categories.length : 1) + Number(feature.indicator);
    return { name, use, features, numbers: [], categories: [feature] };
  }
  const sources = use === 'date' ? (plan.parts ?? DATE_PARTS) : [use === 'ordinal' ? ('place' as const) : ('value' as const)];
  const words = use === 'ordinal' ? { words: orderOf(column as TextField, plan) } : {};
  const fits = sources.map((source) => {
    const isPart = use === 'date';
    return fitNumber(column, {
      name: isPart ? `${name}.${source}` : name,
      input,
      source,
      form,
      ...words,
      plan: isPart ? { ...plan, indicator: false } : plan,
    });
  });
  const numbers = fits.flatMap(({ feature }) => feature ?? []);
  if (numbers.length === 0) return { ...none, use: 'drop', reason: fits[0]?.reason ?? 'No part of it was asked for.' };
  // Of a time's parts one says for all whether there was a time.
  if (use === 'date' && plan.indicator === true && column.kind === 'time' && column.values.some(Number.isNaN)) {
    numbers[0] = { ...(numbers[0] as NumberFeature), indicator: true };
  }
  return { name, use, features: numbers.length + numbers.filter(({ indicator }) => indicator).length, numbers, categories: [] };
}

function useOf({ name, kind }: TableColumn, { use = 'auto', transform = 'none' }: ColumnPlan): Use {
  const natural = kind === 'text' ? 'category' : kind === 'time' ? 'date' : 'number';
  const decided = use === 'auto' ? natural : use;
  const suits = decided === 'drop' || decided === natural || (decided === 'ordinal' && kind === 'text');
  if (!suits) {
    throw new AppError('invalid', `The column "${name}" is ${kind} and cannot be used as ${decided}; read it as another type first.`);
  }
  if (transform !== 'none' && kind !== 'number')
    throw new AppError('invalid', `The column "${name}" is ${kind}; only numbers can be transformed.`);
  return decided;
}

function orderOf(column: TextField, { name, order }: ColumnPlan): readonly string[] {
  if (order === undefined)
    return wordCounts(column)
      .map(([word]) => word)
      .toSorted((a, b) => (a < b ? -1 : 1));
  if (order.length === 0 || new Set(order).size < order.length || order.includes('')) {
    throw new AppError('invalid', `The order of "${name}" has to be of words, each once and none empty.`);
  }
  return order;
}

function whyNone(columns: readonly PreparedColumn[]): string {
  if (columns.length === 0) return 'The table has none.';
  const shown = columns.slice(0, 5).map(({ name, reason }) => `"${name.slice(0, 60)}": ${reason ?? ''}`);
  return columns.length > shown.length ? `${shown.join(' ')} (And ${columns.length - shown.length} more.)` : shown.join(' ');
}
