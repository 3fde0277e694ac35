import type { Fact, Report } from '#/report/contents.ts';
import { count, percent } from '#/report/format.ts';
import { markup } from '#/report/markup.ts';
import { facts, shown, table, type Section } from '#/report/sections/section.ts';

const MOST_COLUMNS = 200;

/** What the model learnt from. */
export function dataSection({ data, split }: Report): Section {
  const columns = data.columns ?? [];
  const total = split?.parts.reduce((sum, { rows }) => sum + rows, 0) ?? 0;
  const parts = split && [
    { name: 'Split', value: split.method },
    ...split.parts.map(({ name, rows }): Fact => ({ name, value: `${count(rows)} rows (${percent(total === 0 ? 0 : rows / total)})` })),
  ];
  const rows = columns
    .slice(0, MOST_COLUMNS)
    .map(({ name, kind, role, missing, distinct, note = '' }) => [
      name,
      role,
      kind,
      missing === undefined ? '–' : count(missing),
      distinct === undefined ? '–' : count(distinct),
      note,
    ]);
  return {
    id: 'data',
    title: 'Data',
    charts: [],
    body: markup`${facts([...data.facts, ...(parts ?? [])])}${
      rows.length > 0 &&
      markup`<details><summary>Columns: ${columns.length}</summary>${table({ head: ['Column', 'Role', 'Type', 'Missing', 'Distinct', 'Preparation'], rows }, 'Columns')}${columns.length > MOST_COLUMNS && markup`<p>The first ${MOST_COLUMNS} are shown.</p>`}</details>`
    }`,
  };
}

/** How it was trained, and where. */
export function trainingSection({ model, params, environment = [] }: Report): Section {
  const changed = params.filter(({ isDefault }) => isDefault !== true);
  const usual = params.filter(({ isDefault }) => isDefault === true);
  const list = (some: readonly Fact[]) =>
    table({ head: ['Hyperparameter', 'Value'], rows: some.map(({ name, value }) => [name, shown(value)]) }, 'Hyperparameters');
  return {
    id: 'training',
    title: 'Training',
    charts: [],
    body: markup`${facts(model)}${changed.length > 0 && markup`<h3>Hyperparameters</h3>${list(changed)}`}${
      usual.length > 0 && markup`<details><summary>Hyperparameters left as they are: ${usual.length}</summary>${list(usual)}</details>`
    }${environment.length > 0 && markup`<h3>Environment</h3>${facts(environment)}`}`,
  };
}
