import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { quick } from './data.ts';
import { app } from './shared-training.ts';

/** All kinds of columns, with values missing here and there. */
function mixed(rows = 240): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const [size, age] = [(row * 7) % 50, (row * 13) % 31];
    const [day, month] = [1 + (row % 28), 1 + (row % 12)];
    const when = `2024-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
    const [word, flag] = [['red', 'green', 'blue', ''][row % 4] as string, row % 3 === 0];
    const price = (3 * size + (flag ? 20 : 0) + (row % 5) + month * 0.5).toFixed(2);
    const kind = size < 15 ? 'small' : size < 35 ? 'middle' : 'large';
    return `${row % 11 === 0 ? '' : size},${age},${when},${word},${flag},g${row % 12},${1 + (row % 3)},${price},${kind},${row % 40 === 0 ? 1 : 0}`;
  });
  return `size,age,when,word,flag,group,weight,price,kind,odd\n${lines.join('\n')}\n`;
}

/** Per name what is asked beside the dataset, the metric that tells, and how good it has to be. */
const JOBS: Readonly<Record<string, readonly [object, string, (value: number) => boolean]>> = {
  'boosting, a value, by time, with weights': [
    {
      target: 'price',
      trainer: 'boosting',
      params: { num_iterations: 40, min_data_in_leaf: 5 },
      weights: 'weight',
      split: { kind: 'time', column: 'when' },
    },
    'r2',
    (value) => value > 0.5,
  ],
  'forest, many classes, by group': [
    {
      target: 'kind',
      exclude: ['price'],
      trainer: 'forest',
      params: { n_estimators: 10 },
      split: { kind: 'group', column: 'group' },
      classWeights: 'balanced',
    },
    'f1_macro',
    (value) => value > 0.7,
  ],
  'linear, a value, dates left out': [
    { target: 'price', trainer: 'linear', preprocessing: { columns: [{ name: 'when', use: 'drop' }], defaults: { indicator: true } } },
    'rmse',
    (value) => value < 30,
  ],
  'mlp, two classes of a number, stopped early': [
    { target: 'odd', task: 'binary', trainer: 'mlp', params: { max_iter: 20 }, earlyStopping: { rounds: 3 } },
    'log_loss',
    (value) => value < 2,
  ],
  'boosting, stopped early, a number read as text': [
    {
      target: 'kind',
      trainer: 'boosting',
      params: { num_iterations: 300 },
      earlyStopping: { rounds: 5 },
      types: [{ column: 'age', kind: 'text' }],
    },
    'accuracy',
    (value) => value > 0.8,
  ],
  'k-means': [{ task: 'clustering', trainer: 'kmeans', features: ['size', 'age', 'price'] }, 'silhouette', (value) => value > 0],
  'isolation forest, with what is odd': [{ task: 'anomaly', target: 'odd', trainer: 'isolation-forest' }, 'roc_auc', (value) => value >= 0],
  'isolation forest, without': [{ task: 'anomaly', trainer: 'isolation-forest' }, '', () => true],
};

export const taskTests = (): void =>
  void describe('tasks and trainers', { concurrency: true }, () => {
    let sent: Promise<string> | undefined;
    for (const [what, [asked, metric, isGood]] of Object.entries(JOBS))
      test(what, async () => {
        const dataset = await (sent ??= app.upload(mixed(), 'mixed.csv'));
        const { id } = await app.must('POST /jobs', { ...quick, dataset, model: 'tasks', ...asked });
        const { state, error, result } = await app.job(id);
        assert.equal(state, 'succeeded', error);
        assert.ok((result?.modelBytes ?? 0) > 100 && (result?.version ?? 0) >= 1);
        if (metric === '') return;
        const found = result?.metrics.find(({ name }) => name === metric);
        assert.ok(found !== undefined && isGood(found.value), `${metric} is ${found?.value}, of ${JSON.stringify(result?.metrics)}`);
        if (JSON.stringify(asked).includes('earlyStopping')) assert.ok((result?.rows?.validation ?? 0) > 0);
        if (what.startsWith('boosting, stopped')) assert.ok((result?.iterations ?? 300) < 300);
      });
  });
