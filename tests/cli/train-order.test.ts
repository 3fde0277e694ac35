import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOrder } from '../../apps/cli/src/train/order.ts';

type Flags = Parameters<typeof readOrder>[1];
const spec = (flags: Record<string, unknown>, file = 'churn.csv') => readOrder(file, flags as Flags).spec;

test('what the command line says of a job is what the service takes', () => {
  const rows: readonly (readonly [Record<string, unknown>, string, unknown])[] = [
    [{ costs: '1:50' }, 'evaluation', { costs: { falsePositive: 1, falseNegative: 50 } }],
    [{ costs: '-0.5:2e3' }, 'evaluation', { costs: { falsePositive: -0.5, falseNegative: 2000 } }],
    [{ cv: '3', metric: 'f1', slice: ['plan'] }, 'evaluation', { kind: 'cross_validation', folds: 3, metric: 'f1', slices: ['plan'] }],
    [
      { type: ['zip=text'], missing: ['age=unknown', 'age=', 'zip=0=0'], 'decimal-comma': ['price'] },
      'types',
      [
        { column: 'zip', kind: 'text', missing: ['0=0'] },
        { column: 'age', missing: ['unknown', ''] },
        { column: 'price', decimalComma: true },
      ],
    ],
    [{}, 'types', undefined],
    [{ executor: 'ray' }, 'executor', 'ray'],
    [{ param: ['a=0.5', 'b=word', 'c=[1, 2]', 'd=true'] }, 'params', { a: 0.5, b: 'word', c: [1, 2], d: true }],
    [{ split: 'time:day', test: '0.3' }, 'split', { kind: 'time', column: 'day', test: 0.3 }],
    [{ validation: '0.1' }, 'split', { validation: 0.1 }],
    [{ balanced: true }, 'classWeights', 'balanced'],
    [{ 'early-stopping': '5' }, 'earlyStopping', { rounds: 5 }],
    [{ 'no-register': true, name: 'x' }, 'model', undefined],
    [{ name: 'x' }, 'model', 'x'],
  ];
  for (const [flags, field, expected] of rows) assert.deepEqual(spec(flags)[field], expected, JSON.stringify(flags));
});

test('a model is called as its file, or as its target where it comes from standard input', () => {
  const names = ['a/churn.csv', 'churn.tar.csv.gz', 'x:y.parquet', '.csv', 'churn'].map((file) => spec({}, file)['model']);
  assert.deepEqual(names, ['churn', 'churn.tar', 'x-y', 'model', 'churn']);
  assert.equal(spec({ target: 'left' }, '-')['model'], 'left');
});

test('what is said wrongly is told by its flag', () => {
  const rows: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ costs: '1' }, /--costs takes .* not "1"/],
    [{ costs: '1:x' }, /--costs/],
    [{ costs: '1:' }, /--costs/],
    [{ costs: '1:2:3' }, /--costs/],
    [{ type: ['zip'] }, /--type takes a name and a value, such as --type zip=text/],
    [{ missing: ['=x'] }, /--missing takes a name/],
    [{ split: 'half' }, /--split takes/],
    [{ test: '1' }, /--test takes a share/],
    [{ cv: '1' }, /--cv takes a whole number of at least 2/],
    [{ trials: '5' }, /--trials is for a search/],
    [{ search: 'magic' }, /--search takes tpe, random or grid/],
  ];
  for (const [flags, sentence] of rows) assert.throws(() => spec(flags), sentence, JSON.stringify(flags));
});

test('a search has what it is told, and nothing else', () => {
  const flags = { search: 'grid', trials: '4', parallel: '2', pruner: 'median', metric: 'rmse', timeout: '9' } as unknown as Flags;
  assert.deepEqual(readOrder('a.csv', flags).search, {
    sampler: 'grid',
    trials: 4,
    parallel: 2,
    pruner: 'median',
    metric: 'rmse',
    timeoutSeconds: 9,
  });
  assert.equal(readOrder('a.csv', {}).search, undefined);
});
