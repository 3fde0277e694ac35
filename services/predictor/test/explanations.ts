import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import {
  fitPreparing,
  profileOf,
  readParams,
  seededRandom,
  trainers,
  type Fitted,
  type Preparing,
  type Table,
  type Task,
  type Trainer,
} from '@mlab/learning';
import { GraphBuilder, writeModel } from '@mlab/onnx';
import { logged, mlmodel, uncompiled } from './files.ts';
import type { Json, TestServing } from './serving-for-test.ts';

const ROWS = 400;
const DAY = 86_400_000;
const PLANS = ['basic', 'plus', 'pro'];

/** Who leaves: by age, plan, and when they came; some of it is not known. */
const random = seededRandom(7);
const people = Array.from({ length: ROWS }, () => ({
  age: random() < 0.1 ? null : Math.round(18 + random() * 60),
  plan: random() < 0.1 ? null : (PLANS[Math.floor(random() * 3)] as string),
  since: new Date(Math.floor(random() * 3000) * DAY).toISOString(),
  loud: random() < 0.5,
}));
const table: Table = {
  rows: ROWS,
  columns: [
    { kind: 'number', name: 'age', values: Float64Array.from(people, ({ age }) => age ?? Number.NaN) },
    { kind: 'text', name: 'plan', codes: Int32Array.from(people, ({ plan }) => PLANS.indexOf(plan ?? '')), words: PLANS },
    { kind: 'time', name: 'since', values: Float64Array.from(people, ({ since }) => Date.parse(since)) },
    { kind: 'boolean', name: 'loud', values: Float64Array.from(people, ({ loud }) => Number(loud)) },
  ],
};
const score = ({ age, plan, loud }: (typeof people)[number]): number => ((age ?? 40) - 45) / 10 + (plan === 'pro' ? 2 : 0) - (loud ? 1 : 0);

interface Learnt {
  readonly preparing: Preparing;
  readonly fitted: Fitted;
  readonly task: Task;
}

function learn(name: string, task: Task, params: object): Learnt {
  const trainer = trainers.find((one) => one.name === name) as Trainer<unknown>;
  const preparing = fitPreparing(table, { keepAll: true }, trainer.input);
  const noise = seededRandom(9);
  const target = Float64Array.from(people, (person) => {
    const value = score(person) + noise() - 0.5;
    if (!('classes' in task)) return value + 10;
    return task.classes.length === 2 ? Number(value > 0) : value < -1 ? 0 : value < 1 ? 1 : 2;
  });
  const set = { matrix: preparing.apply(table), target };
  return { preparing, task, fitted: trainer.train(set, task, readParams(trainer, params), { random: seededRandom(1), threads: 0 }) };
}

/** As training writes it. */
function files({ preparing, fitted, task }: Learnt): Record<string, Uint8Array | string> {
  const graph = new GraphBuilder({ name: 'mlab' });
  const written = fitted.write(graph, preparing.write(graph));
  const outputs: Record<string, string> = {};
  for (const role of ['label', 'probabilities', 'value'] as const) {
    const flow = written[role];
    if (flow === undefined) continue;
    graph.output(role, flow);
    outputs[role] = role;
  }
  if ('classes' in task) graph.classes(task.classes);
  const inputs = JSON.stringify(preparing.inputs.map(({ name, kind }) => ({ name, kind })));
  const model = writeModel(graph.build({ task: task.kind, inputs, outputs: JSON.stringify(outputs) }));
  return { MLmodel: mlmodel(), 'model.onnx': model, 'profile.json': JSON.stringify(profileOf(table, {})) };
}

const two: Task = { kind: 'binary', classes: ['stays', 'leaves'] };
const three: Task = { kind: 'multiclass', classes: ['low', 'mid', 'high'] };
const value: Task = { kind: 'regression' };

/** From both, as one that is nearly 1 says little of it in float32. */
const logit = ({ probabilities: { leaves, stays } }: Json): number => Math.log(leaves / stays);

/** What the scores of a row must be, from what is predicted for it. */
const cases: readonly (readonly [trainer: string, task: Task, params: object, raw: (prediction: Json) => number])[] = [
  ['boosting', two, { num_iterations: 20, max_depth: 3 }, logit],
  ['boosting', value, { num_iterations: 20, max_depth: 3 }, ({ prediction }) => prediction],
  ['boosting', { kind: 'regression' }, { num_iterations: 10, objective: 'poisson' }, ({ prediction }) => Math.log(prediction)],
  ['forest', two, { n_estimators: 10, max_depth: 4 }, ({ probabilities }) => probabilities.leaves],
  ['forest', value, { n_estimators: 10, max_depth: 4 }, ({ prediction }) => prediction],
  ['logistic', two, {}, logit],
  ['linear', value, {}, ({ prediction }) => prediction],
];

export function explanations(serving: () => TestServing): void {
  const rows = people.slice(0, 40);
  const ask = async (name: string, route: string, body: object = {}): Promise<Json> => {
    const answer = await serving().api(`POST /models/${name}/${route}`, { rows, ...body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body).slice(0, 500));
    return answer.body;
  };

  suite('explanations', () => {
    for (const [trainer, task, params, raw] of cases) {
      test(`${trainer} of ${task.kind} ${JSON.stringify(params)}: base and contributions make the score that the model says`, async () => {
        const name = `explained-${trainer}-${task.kind}-${JSON.stringify(params).length}`;
        await serving().register(name, files(learn(trainer, task, params)));
        const predicted = await ask(name, 'predict');
        const explained = await ask(name, 'explain');
        assert.equal(explained.method, trainer === 'logistic' || trainer === 'linear' ? 'linear' : 'tree-shap');
        assert.equal(explained.class, task === two ? 'leaves' : undefined);
        let most = 0;
        explained.explanations.forEach((one: Json, row: number) => {
          assert.deepEqual(Object.keys(one.contributions), ['age', 'plan', 'since', 'loud']);
          const sum = Object.values(one.contributions as Record<string, number>).reduce((all, part) => all + part, one.base);
          assert.ok(Math.abs(sum - one.score) < 1e-9);
          const expected = raw(predicted.predictions[row]);
          // Of a small probability float32 has only what 1 leaves of it.
          const least = Math.min(1, ...Object.values((predicted.predictions[row].probabilities ?? {}) as Record<string, number>));
          const tolerance = 1e-6 * Math.max(1, Math.abs(expected)) + ('classes' in task ? 1e-7 / least : 0);
          assert.ok(Math.abs(one.score - expected) <= tolerance, `row ${row}: ${one.score} is not ${expected}`);
          assert.equal(one.prediction, predicted.predictions[row].prediction);
          most = Math.max(most, Math.abs(one.contributions.age));
        });
        assert.ok(most > 0, 'the age counts for something');
        // `since` says nothing of what is learnt: what is said of it is little beside what is said of all.
        const total = (field: string): number =>
          explained.explanations.reduce((sum: number, one: Json) => sum + Math.abs(one.contributions[field]), 0);
        assert.ok(total('since') < total('age'), `${total('since')} ${total('age')}`);
      });
    }

    test('the first of two classes is the other way round', async () => {
      const name = 'explained-boosting-binary-35';
      const [second, first] = [await ask(name, 'explain'), await ask(name, 'explain', { class: 'stays' })];
      assert.equal(first.class, 'stays');
      first.explanations.forEach((one: Json, row: number) => assert.ok(Math.abs(one.score + second.explanations[row].score) < 1e-9));
    });

    test('of more classes each row has its own, unless one is asked for: their scores are what the probabilities are made of', async () => {
      await serving().register('classes', files(learn('boosting', three, { num_iterations: 5, max_depth: 3 })));
      const predicted = await ask('classes', 'predict');
      const own = await ask('classes', 'explain');
      assert.equal(own.class, undefined);
      const all: Json[] = [];
      for (const one of ['low', 'mid', 'high']) all.push(await ask('classes', 'explain', { class: one }));
      own.explanations.forEach((one: Json, row: number) => {
        assert.equal(one.class, predicted.predictions[row].prediction);
        const scores = all.map((of) => Math.exp(of.explanations[row].score));
        const sum = scores.reduce((total, part) => total + part, 0);
        ['low', 'mid', 'high'].forEach((label, at) => {
          assert.ok(Math.abs((scores[at] as number) / sum - predicted.predictions[row].probabilities[label]) < 1e-6);
        });
      });
    });

    test('a linear model without a profile, trees without counts, and what is neither are refused with the reason; so are classes that are none', async () => {
      const learnt = files(learn('linear', value, {}));
      await serving().register('no-profile', { MLmodel: mlmodel(), 'model.onnx': learnt['model.onnx'] as Uint8Array });
      const refusal = async (name: string, body: object): Promise<string> => {
        const { status, body: said } = await serving().api(`POST /models/${name}/explain`, body);
        return `${status} ${typeof said.detail === 'string' ? said.detail : said.detail[0].msg}`;
      };
      assert.match(await refusal('no-profile', { rows }), /^409 .*profile\.json/);
      await serving().register('neither', logged(uncompiled()));
      assert.match(await refusal('neither', { rows: [{ x: 1 }] }), /^409 Only models of trees and linear models/);
      await serving().register('anomalies', files(learn('isolation-forest', { kind: 'anomaly' }, { n_estimators: 5 })));
      assert.match(await refusal('anomalies', { rows }), /^409 .*nodes_hitrates/);
      // Its converter writes that one row came to every node.
      const foreign = readFileSync(`${import.meta.dirname}/../../../packages/onnx/test/fixtures/sklearn-forest.onnx`);
      await serving().register('foreign', logged(foreign));
      const { body: described } = await serving().api('GET /models/foreign');
      assert.deepEqual([described.explains, described.classes], [false, ['setosa', 'versicolor', 'virginica']]);
      assert.match(await refusal('foreign', { rows: [described.example?.[0] ?? {}] }), /^409 .*nodes_hitrates/);
      await serving().register('asked', files(learn('boosting', three, { num_iterations: 2, max_depth: 2 })));
      assert.match(await refusal('asked', { rows, class: 'none' }), /^422 The model has no such class; its classes are low, mid, high/);
    });
  });
}
