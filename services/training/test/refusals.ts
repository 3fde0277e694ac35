import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { churn } from './data.ts';
import { app } from './shared-training.ts';

export const refusalTests = (): void =>
  void describe('what is refused before anything is trained', () => {
    /** What is asked beside dataset and target, and the sentence. */
    const JOBS: readonly (readonly [object, RegExp])[] = [
      [{ dataset: 'none' }, /^400 invalid dataset must be the id of a dataset/],
      [{ target: undefined }, /^400 invalid target must be the column to be learnt/],
      [{ target: 'nothing' }, /^400 invalid target must be a column of the dataset, which has months, bill, plan, leaves, got "nothing"/],
      [{ target: '__proto__' }, /^400 invalid target must be a column of the dataset/],
      [{ trainer: 'magic' }, /^400 invalid trainer must be one of .*boosting/],
      [{ trainer: 'kmeans', target: 'leaves' }, /^400 invalid|^200/],
      [{ trainer: 'linear', task: 'binary' }, /^400 invalid task must be one that linear can do, which are regression/],
      [{ task: 'clustering', trainer: 'kmeans' }, /^400 invalid target must be absent for clustering/],
      [{ task: 'classification' }, /^400 invalid body\.task/],
      [{ params: { num_leaves: 1 } }, /^400 invalid params: .*num_leaves/],
      [{ params: { treees: 1 } }, /^400 invalid params: .*treees.*num_iterations/],
      [{ features: ['leaves'] }, /^400 invalid features must not hold the target/],
      [{ features: ['bill', 'bill'] }, /^400 invalid features must name each column once/],
      [{ features: [] }, /^400 invalid body\.features/],
      [{ exclude: ['leaves'] }, /^400 invalid exclude must not hold the target/],
      [{ exclude: ['nothing'] }, /^400 invalid exclude must be a column/],
      [{ split: { kind: 'time' } }, /^400 invalid split\.column must be the column that a split by time goes by/],
      [{ split: { kind: 'random', column: 'plan' } }, /^400 invalid split\.column must be absent/],
      [{ split: { kind: 'group', column: 'nothing' } }, /^400 invalid split\.column must be a column/],
      [{ split: { test: 0.9, validation: 0.5 } }, /^400 invalid split must leave at least 5 %/],
      [{ split: { test: 0 } }, /^400 invalid body\.split\.test/],
      [{ split: { kind: 'stratified' }, task: 'regression' }, /^400 invalid split\.kind must not be stratified/],
      [{ weights: 'leaves' }, /^400 invalid weights must be another column/],
      [{ weights: 'nothing' }, /^400 invalid weights must be a column/],
      [{ classWeights: 'balanced', task: 'regression' }, /^400 invalid classWeights are for tasks with classes/],
      [{ classWeights: 'heavy' }, /^400 invalid body\.classWeights/],
      [{ types: [{ column: 'nothing', kind: 'text' }] }, /^400 invalid types must be a column/],
      [{ types: [{ column: 'plan', kind: 'date' }] }, /^400 invalid body\.types\.0\.kind/],
      [{ preprocessing: { columns: [{ name: 'nothing' }] } }, /^400 invalid preprocessing\.columns must be a column/],
      [{ evaluation: { slices: ['nothing'] } }, /^400 invalid evaluation\.slices must be a column/],
      [{ evaluation: { folds: 1 } }, /^400 invalid body\.evaluation\.folds/],
      [{ model: 'a/b' }, /^400 invalid body\.model/],
      [{ seed: -1 }, /^400 invalid body\.seed/],
      [{ earlyStopping: { rounds: 0 } }, /^400 invalid body\.earlyStopping\.rounds/],
      [{ executor: 'ray' }, /^400 invalid executor must be threads or local, which is where programs run here/],
      [{ executor: 'elsewhere' }, /^400 invalid body\.executor/],
      [
        { task: 'regression', evaluation: { costs: { falsePositive: 1, falseNegative: 1 } } },
        /^400 invalid evaluation\.costs are for tasks of two classes/,
      ],
      [{ evaluation: { costs: { falsePositive: 1 } } }, /^400 invalid body\.evaluation\.costs/],
      [{ types: [{ column: 'plan', missing: 'none' }] }, /^400 invalid body\.types\.0\.missing/],
      [{ trainer: { command: [] } }, /^400 invalid body\.trainer/],
    ];

    test('a job that cannot be is told by its field', async () => {
      const dataset = await app.upload(churn(), 'refused.csv');
      await app.must(`GET /datasets/${dataset}/schema`);
      for (const [asked, sentence] of JOBS) {
        const { status, body } = await app.api('POST /jobs', { dataset, target: 'leaves', ...asked });
        assert.match(`${status} ${body.code ?? ''} ${body.detail ?? ''}`, sentence, JSON.stringify(asked));
        if (status === 200) await app.job(body.id);
      }
    });

    const STUDIES: readonly (readonly [object, object, RegExp])[] = [
      [{}, { trials: 0 }, /^400 invalid body\.search\.trials/],
      [{}, { sampler: 'magic' }, /^400 invalid body\.search\.sampler/],
      [{ trainer: 'baseline' }, {}, /^400 invalid search\.space must have a range/],
      [{ trainer: { command: ['x'] } }, {}, /^400 invalid trainer of a study must be one of ours/],
      [{}, { space: [{ param: 'nothing', kind: 'float', low: 0, high: 1 }] }, /^400 invalid params: .*nothing/],
      [{}, { space: [{ param: 'num_leaves', kind: 'int', low: 1, high: 5 }] }, /^400 invalid params: .*num_leaves/],
      [{}, { space: [{ param: 'num_leaves', kind: 'int', low: 9, high: 5 }] }, /^400 invalid search\.space\.0\.low must not be greater/],
      [
        {},
        { space: [{ param: 'num_leaves', kind: 'int', low: 2.5, high: 5 }] },
        /^400 invalid search\.space\.0\.low and high must be whole/,
      ],
      [{}, { space: [{ param: 'num_leaves', kind: 'int', low: 2 }] }, /^400 invalid search\.space\.0\.high must be there/],
      [{}, { space: [{ param: 'grow_policy', kind: 'choice' }] }, /^400 invalid search\.space\.0\.options must have the values/],
      [
        {},
        { space: [{ param: 'learning_rate', kind: 'float', low: 0, high: 1, log: true }] },
        /^400 invalid search\.space\.0\.low must be greater than 0/,
      ],
      [{ target: 'nothing' }, {}, /^400 invalid target must be a column/],
      [{ executor: 'kubernetes' }, {}, /^400 invalid executor must be threads or local/],
    ];

    test('a study that cannot be is told by its field', async () => {
      const dataset = await app.upload(churn(), 'refused.csv');
      await app.must(`GET /datasets/${dataset}/schema`);
      for (const [asked, search, sentence] of STUDIES)
        assert.match(
          await app.refusal('POST /studies', { dataset, target: 'leaves', ...asked, search }),
          sentence,
          JSON.stringify([asked, search]),
        );
    });

    test('what is not there is not found', async () => {
      for (const route of [
        'GET /jobs/x',
        'DELETE /jobs/x',
        'POST /jobs/x/cancel',
        'POST /jobs/x/retry',
        'GET /jobs/x/report',
        'GET /studies/x',
        'GET /studies/x/trials',
        'POST /studies/x/stop',
        'POST /studies/x/resume',
      ])
        assert.match(
          await app.refusal(route, route.startsWith('POST') ? {} : undefined),
          /^404 not_found There is no (training job|study) x/,
          route,
        );
    });

    test('nobody runs commands where they are not allowed', async () => {
      const dataset = await app.upload('a\n1\n');
      assert.match(await app.refusal('POST /jobs', { dataset, trainer: { command: ['true'] } }), /^403 forbidden .*MLAB_TRAINING_COMMANDS/);
      for (const trainer of [
        { command: [] },
        { command: [''] },
        { command: ['x'], env: { 'a b': '' } },
        { command: ['x'], timeoutSeconds: 0 },
      ])
        assert.match(await app.refusal('POST /jobs', { dataset, trainer }), /^400 invalid /);
    });

    test('trainers are listed with what they take', async () => {
      const { items } = await app.must('GET /trainers?task=regression');
      const boosting = items.find(({ name }: { name: string }) => name === 'boosting');
      assert.equal(boosting.params.properties.num_iterations.default, 100);
      assert.ok(items.every(({ tasks }: { tasks: string[] }) => tasks.includes('regression')));
      assert.equal(boosting.space.learning_rate.kind, 'float');
    });
  });
