import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cast, GraphBuilder, openScorer, writeModel, type Flow, type Scorer } from '@mlab/onnx';
import {
  fitPreparing,
  preparingFrom,
  seededRandom,
  type ColumnPlan,
  type Matrix,
  type Preparing,
  type PreparingPlan,
  type Table,
} from '#/index.ts';
import { DATE_PARTS } from '#/preparing/plan.ts';
import { referenceFor } from './reference.ts';
import { boolean, columnsFor, number, randomTable, tableOf, text, time } from './tables.ts';

/** A model that is nothing but the preparing: each of its flows is an output. */
function preparingBytes(preparing: Preparing): Uint8Array {
  const graph = new GraphBuilder();
  preparing
    .write(graph)
    .forEach((flow: Flow, index) => graph.output(`flow ${index}`, flow.type === 'int64' ? cast(graph, flow, 'float') : flow));
  return writeModel(graph.build());
}

async function openPreparing(bytes: Uint8Array): Promise<Scorer> {
  const scorer = await openScorer(bytes);
  assert.equal(scorer.backend, 'compiled', scorer.reason);
  return scorer;
}

const near = (a: number, b: number): boolean => Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));

/** That what `apply` says is what a model says. */
async function assertWritten(preparing: Preparing, table: Table, scorer: Pick<Scorer, 'score'>, what: string): Promise<void> {
  const matrix = preparing.apply(table);
  const outputs = Object.values(await scorer.score(columnsFor(preparing.inputs, table)));
  let column = 0;
  for (const { type, dims, data } of outputs) {
    const width = dims[1] ?? 1;
    for (let within = 0; within < width; within++, column++) {
      const own = matrix.columns[column];
      const name = preparing.features[column];
      assert.ok(own !== undefined, `${what}: the graph has more columns`);
      for (let row = 0; row < table.rows; row++) {
        const theirs = data[row * width + within];
        if (own.kind === 'number') {
          if (type !== 'float') assert.fail(`${what}: ${name} is of type ${type}`);
          const ours = own.values[row] as number;
          if (!near(ours, Number(theirs))) assert.fail(`${what}: ${name} is ${ours} in row ${row}, and the model says ${String(theirs)}`);
        } else {
          const code: number = own.categories.indexOf(String(theirs));
          if (own.codes[row] !== code) assert.fail(`${what}: ${name} in row ${row}, of which the model says ${JSON.stringify(theirs)}`);
        }
      }
    }
  }
  assert.equal(column, matrix.columns.length, `${what}: number of columns`);
  assert.deepEqual(
    matrix.columns.map(({ name }) => name),
    [...preparing.features],
  );
}

function randomPlan(random: () => number, form: Preparing['form']): PreparingPlan {
  const pick = <T>(...from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const maybe = <T>(value: T): T | undefined => (random() < 0.5 ? value : undefined);
  const ofNumber = (name: string): ColumnPlan => ({
    name,
    impute: form === 'dense' ? pick('mean', 'median', 'most_frequent', 'constant') : pick('none', 'mean', 'constant'),
    fill: 3,
    indicator: random() < 0.5,
    scale: pick(undefined, 'standard', 'minmax', 'robust', 'none'),
    clip: pick(undefined, { low: -2 }, { quantiles: [0.05, 0.95] as const }, { low: -1, high: 4 }),
    transform: pick('none', 'log', 'yeo_johnson'),
  });
  const ofWords = (name: string): ColumnPlan => ({
    name,
    impute: pick('none', 'category', 'most_frequent', 'constant'),
    fill: pick('a', 'z'),
    indicator: random() < 0.5,
    minFrequency: pick(undefined, 1, 5, 0.05),
    maxCategories: maybe(3),
  });
  return {
    keepAll: random() < 0.5,
    columns: [
      ...['plain', 'skewed', 'count', 'far'].map(ofNumber),
      { name: 'flag', indicator: random() < 0.5 },
      ...['word', 'many'].map(ofWords),
      { name: 'level', use: pick('ordinal', 'category', 'drop'), order: maybe(['low', 'middle', 'high']) },
      {
        name: 'when',
        indicator: random() < 0.5,
        parts: maybe(
          DATE_PARTS.filter(() => random() < 0.7)
            .concat('year')
            .filter((part, at, all) => all.indexOf(part) === at),
        ),
      },
    ],
  };
}

function assertFinite({ columns }: Matrix): void {
  for (const column of columns) assert.ok(column.kind === 'number' && column.values.every(Number.isFinite), `${column.name} is finite`);
}

describe('what is applied is what is written', () => {
  for (const form of ['dense', 'columns'] as const) {
    test(`${form}: compiled, for tables and plans by chance`, async () => {
      for (let seed = 1; seed <= 25; seed++) {
        const random = seededRandom(seed);
        const preparing = fitPreparing(randomTable(random, 80 + seed), seed % 5 === 0 ? {} : randomPlan(random, form), form);
        const table = randomTable(random, 150, true);
        await using scorer = await openPreparing(preparingBytes(preparing));
        await assertWritten(preparing, table, scorer, `seed ${seed}`);
        if (form === 'dense') assertFinite(preparing.apply(table));
        const again = preparingFrom(JSON.parse(JSON.stringify(preparing.state())) as object);
        assert.deepEqual(again.apply(table), preparing.apply(table));
      }
    });

    test(`${form}: by ONNX Runtime`, async () => {
      for (let seed = 101; seed <= 104; seed++) {
        const random = seededRandom(seed);
        const preparing = fitPreparing(randomTable(random, 80 + seed), seed % 4 === 0 ? {} : randomPlan(random, form), form);
        const bytes = preparingBytes(preparing);
        await using scorer = await openPreparing(bytes);
        const table = randomTable(random, 150, true);
        await using reference = await referenceFor(bytes, scorer, table.rows);
        await assertWritten(preparing, table, reference, `seed ${seed}`);
      }
    });
  }
});

describe('calendar', () => {
  test('parts of a time are those of JavaScript', () => {
    const random = seededRandom(7);
    const times = Array.from({ length: 2000 }, () => Math.floor((random() * 2 - 1) * 8.64e15));
    times.push(
      0,
      -1,
      1,
      8.64e15,
      -8.64e15,
      ...['1900-02-28', '2000-02-29', '2023-12-31T23:59:59.999Z', '2024-03-01'].map((one) => Date.parse(one)),
    );
    const table = tableOf(time('t', times));
    const { columns } = fitPreparing(table, { keepAll: true }, 'columns').apply(table);
    const parts: Record<string, (date: Date) => number> = {
      year: (date) => date.getUTCFullYear(),
      month: (date) => date.getUTCMonth() + 1,
      day: (date) => date.getUTCDate(),
      weekday: (date) => (date.getUTCDay() + 6) % 7,
      hour: (date) => date.getUTCHours(),
      is_weekend: (date) => Number(date.getUTCDay() % 6 === 0),
      days: (date) => Math.fround(Math.floor(date.getTime() / 86_400_000)),
    };
    assert.equal(columns.length, 7);
    for (const column of columns) {
      const part = parts[column.name.slice(2)] as (date: Date) => number;
      assert.deepEqual(
        column.kind === 'number' && [...column.values],
        times.map((at) => part(new Date(at))),
        column.name,
      );
    }
  });
});

const valuesOf = (matrix: Matrix, name: string): number[] => {
  const column = matrix.columns.find((one) => one.name === name);
  assert.ok(column?.kind === 'number', name);
  return [...column.values].map((value) => Math.round(value * 1e6) / 1e6);
};

describe('defaults', () => {
  const rows = 40;
  const list = <T>(make: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => make(row));
  const table = tableOf(
    number(
      'id',
      list((row) => row),
    ),
    number(
      'same',
      list(() => 4),
    ),
    number(
      'nothing',
      list(() => undefined),
    ),
    number(
      'x',
      list((row) => (row % 10 === 0 ? undefined : row % 4)),
    ),
    text(
      'name',
      list((row) => `name ${row}`),
    ),
    text(
      'city',
      list((row) => (row % 8 === 0 ? '' : row % 2 === 0 ? 'Rome' : 'Oslo')),
    ),
    boolean(
      'flag',
      list((row) => row % 3 === 0),
    ),
  );

  test('identifiers and constants are left out, with a reason', () => {
    const { columns, inputs } = fitPreparing(table, {}, 'dense');
    assert.deepEqual(
      columns.map(({ name, use, reason }) => [name, use, reason]),
      [
        ['id', 'drop', 'Its values are all different, so that it only names rows.'],
        ['same', 'drop', 'It is 4 in all training rows.'],
        ['nothing', 'drop', 'It has no value in any training row.'],
        ['x', 'number', undefined],
        ['name', 'drop', 'Its values are all different, so that it only names rows.'],
        ['city', 'category', undefined],
        ['flag', 'number', undefined],
      ],
    );
    assert.deepEqual(
      inputs.map(({ name, type }) => [name, type]),
      [
        ['x', 'float'],
        ['city', 'string'],
        ['flag', 'float'],
      ],
    );
  });

  test('what counts from 0 or 1 on, or is called an id, only names rows; years do not', () => {
    const columns = tableOf(
      number(
        'from 1',
        list((row) => row + 1),
      ),
      number(
        'year',
        list((row) => 1980 + row),
      ),
      number(
        'customer_id',
        list((row) => row * row * 17),
      ),
      number(
        'userId',
        list((row) => row * row * 17),
      ),
      number(
        'paid',
        list((row) => row * row * 17),
      ),
      number(
        'zero',
        list((row) => row * row),
      ),
    );
    const used = fitPreparing(columns, {}, 'columns').inputs.map(({ name }) => name);
    assert.deepEqual(used, ['year', 'paid', 'zero']);
    assert.equal(fitPreparing(columns, { keepAll: true }, 'columns').inputs.length, 6);
    assert.equal(fitPreparing(columns, { columns: [{ name: 'userId', use: 'number' }] }, 'columns').inputs.length, 4);
  });

  test('dense: numbers are of mean 0 and deviation 1, words are columns of 0 and 1', () => {
    const preparing = fitPreparing(table, {}, 'dense');
    assert.deepEqual(preparing.features, ['x', 'flag', 'city=Oslo', 'city=Rome']);
    assert.deepEqual([...preparing.origins], [0, 2, 1, 1]);
    const matrix = preparing.apply(table);
    const x = valuesOf(matrix, 'x');
    assert.ok(Math.abs(x.reduce((sum, value) => sum + value, 0)) < 1e-4);
    assert.ok(Math.abs(x.reduce((sum, value) => sum + value ** 2, 0) / rows - 1) < 1e-4);
    assert.deepEqual(valuesOf(matrix, 'city=Rome').slice(0, 9), [0, 0, 1, 0, 1, 0, 1, 0, 0]);
  });

  test('columns: numbers and categories as they are, the empty word is no category', () => {
    const [x, flag, city] = fitPreparing(table, {}, 'columns').apply(table).columns;
    assert.deepEqual(x?.kind === 'number' && [...x.values].slice(0, 4), [Number.NaN, 1, 2, 3]);
    assert.deepEqual(flag?.kind === 'number' && [...flag.values].slice(0, 4), [1, 0, 0, 1]);
    assert.deepEqual(city?.kind === 'category' && [city.categories, [...city.codes].slice(0, 4)], [
      ['Oslo', 'Rome'],
      [-1, 0, 1, 0],
    ]);
  });

  test('only training rows count', () => {
    const preparing = fitPreparing(tableOf(number('x', [1, 2, 3])), { defaults: { scale: 'minmax' } }, 'dense');
    assert.deepEqual(valuesOf(preparing.apply(tableOf(number('x', [1, 3, 5]))), 'x'), [0, 1, 2]);
  });

  test('rare and unknown words are one category', () => {
    const words = [...Array.from({ length: 6 }, () => 'a'), ...Array.from({ length: 5 }, () => 'b'), 'c', 'd', undefined];
    const preparing = fitPreparing(tableOf(text('w', words)), { columns: [{ name: 'w', minFrequency: 2, impute: 'category' }] }, 'columns');
    const [column] = preparing.apply(tableOf(text('w', ['b', 'c', 'never seen', undefined, '', '__rare__', '__missing__', 'a']))).columns;
    assert.ok(column?.kind === 'category');
    assert.deepEqual(column.categories, ['a', 'b', '__rare__', '__missing__']);
    assert.deepEqual([...column.codes], [1, 2, 2, 3, 3, 2, 2, 0]);
  });

  test('a category that is called as the rare ones are stays its own', () => {
    const words = ['__rare__', '__rare__', 'b', 'b', 'c'];
    const preparing = fitPreparing(tableOf(text('w', words)), { columns: [{ name: 'w', minFrequency: 2 }] }, 'columns');
    const [column] = preparing.apply(tableOf(text('w', ['__rare__', 'c', 'b']))).columns;
    assert.deepEqual(column?.kind === 'category' && [column.categories, [...column.codes]], [
      ['__rare__', 'b', '__rare___'],
      [0, 2, 1],
    ]);
  });
});

describe('refusals', () => {
  const table = tableOf(number('x', [1, 2, Number.NaN]), text('w', ['a', 'b', 'a']), time('t', [1, 2, 3]));
  const refused = (plan: PreparingPlan, message: RegExp, form: Preparing['form'] = 'dense'): void =>
    assert.throws(() => fitPreparing(table, plan, form), { name: 'AppError', code: 'invalid', message });

  test('plans that do not suit the table', () => {
    refused({ columns: [{ name: 'y' }] }, /names the column "y", which the table does not have/);
    refused({ columns: [{ name: 'x' }, { name: 'x' }] }, /"x" twice/);
    refused({ columns: [{ name: 'w', use: 'number' }] }, /"w" is text and cannot be used as number/);
    refused({ columns: [{ name: 'x', use: 'date' }] }, /"x" is number and cannot be used as date/);
    refused({ columns: [{ name: 'w', transform: 'log' }] }, /"w" is text; only numbers/);
    refused({ columns: [{ name: 'x', impute: 'none' }] }, /"x" has to be imputed/);
    refused({ columns: [{ name: 'x', impute: 'constant', fill: 'a' }] }, /a finite number is needed, not a/);
    refused({ columns: [{ name: 'w', impute: 'mean' }] }, /of which there is no mean/);
    refused({ columns: [{ name: 'x', clip: { low: 2, high: 1 } }] }, /ascend, not 2 to 1/);
    refused({ columns: [{ name: 'w', use: 'ordinal', order: ['a', 'a'] }] }, /each once and none empty/);
    refused({ columns: [{ name: 'w', maxCategories: 0 }] }, /at least one category, not 0/);
  });

  test('nothing to learn from', () => {
    const constant = tableOf(number('x', [1, 1]), text('w', ['a', 'a']));
    assert.throws(() => fitPreparing(constant, {}, 'columns'), {
      code: 'invalid',
      message: 'No column is left to learn from. "x": It is 1 in all training rows. "w": It is "a" in all training rows.',
    });
    assert.throws(() => fitPreparing(tableOf(), {}, 'dense'), /no training rows/);
  });

  test('tables that are not as those that were learnt from', () => {
    const preparing = fitPreparing(table, {}, 'columns');
    assert.throws(() => preparing.apply(tableOf(number('x', [1]))), { code: 'invalid', message: /no column "w"/ });
    assert.throws(() => preparing.apply(tableOf(text('x', ['1']), text('w', ['a']), time('t', [1]))), {
      message: 'The column "x" is text, and the model asks for number.',
    });
    assert.throws(() => preparingFrom({ version: 2 }), { code: 'invalid' });
  });
});

test('10,000 columns are few nodes, and quick', async () => {
  const random = seededRandom(3);
  const columns = Array.from({ length: 10_000 }, (_, index) =>
    number(index === 5 ? '__proto__' : `c${index}`, [random(), random(), undefined, random()]),
  );
  const table = tableOf(...columns);
  const preparing = fitPreparing(table, {}, 'dense');
  assert.equal(preparing.features.length, 10_000);
  const graph = new GraphBuilder();
  for (const flow of preparing.write(graph)) graph.output('all of them', flow);
  const model = graph.build();
  assert.ok(model.graph.nodes.length < 10);
  await using scorer = await openScorer(writeModel(model));
  await assertWritten(preparing, table, scorer, 'wide');
});
