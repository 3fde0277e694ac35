import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { classifier, logged } from './files.ts';
import { startServing, type TestServing } from './serving-for-test.ts';

let serving: TestServing;
before(async () => (serving = await startServing()));
after(() => serving[Symbol.asyncDispose]());

const sigmoid = (score: number): number => 1 / (1 + Math.exp(-score));

suite('rows', () => {
  test('are predicted for by a model of the registry, with the version that answered', async () => {
    await serving.register('churn', logged(classifier()));
    const { status, body } = await serving.api('POST /models/churn/predict', {
      rows: [
        { age: 3, plan: 'a' },
        { age: -7, plan: 'b' },
      ],
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.model, 'churn');
    assert.equal(body.version, 1);
    assert.deepEqual(
      body.predictions.map(({ prediction }: { prediction: string }) => prediction),
      ['yes', 'no'],
    );
    assert.ok(Math.abs(body.predictions[0].probabilities.yes - sigmoid(2.5)) < 1e-6, JSON.stringify(body));
    assert.ok(Math.abs(body.predictions[1].probabilities.no - sigmoid(4.5)) < 1e-6);
  });
});
