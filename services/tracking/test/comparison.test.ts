import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Comparison } from '@mlab/contracts/tracking-comparison';
import { startTracking, type TestTracking } from './tracking-for-test.ts';

let tracking: TestTracking;
before(async () => (tracking = await startTracking()));
after(() => tracking[Symbol.asyncDispose]());

const START = 1_700_000_000_000;

interface Point {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step: number;
}

async function newRun(name: string, startTime = START): Promise<string> {
  const { run } = await tracking.post('runs/create', { experiment_id: '0', user_id: 'ann', start_time: startTime, run_name: name });
  return run.info.run_id as string;
}

async function log(run_id: string, metrics: readonly Point[], rest: object = {}): Promise<void> {
  for (let at = 0; at < Math.max(1, metrics.length); at += 1000)
    await tracking.post('runs/log-batch', { run_id, metrics: metrics.slice(at, at + 1000), ...(at === 0 ? rest : {}) });
}

const curve = (key: string, count: number, value: (n: number) => number | string): readonly Point[] =>
  Array.from({ length: count }, (_, n) => ({ key, value: value(n), timestamp: START + n * 10, step: n }));

async function compare(query: Query): Promise<Comparison> {
  const { status, body } = await ask(query);
  assert.equal(status, 200, JSON.stringify(body));
  return body as unknown as Comparison;
}

type Query = Readonly<Record<string, string | number | readonly string[]>>;

async function ask(query: Query): Promise<{ readonly status: number; readonly body: { readonly detail: string } }> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) search.append(name, String(one));
  const answer = await fetch(`${tracking.app.url}/compare?${search.toString()}`);
  return { status: answer.status, body: (await answer.json()) as { detail: string } };
}

const pairs = (texts: Readonly<Record<string, string>>) => Object.entries(texts).map(([key, value]) => ({ key, value }));

test('what differs between runs and what is the same is told apart, for parameters, tags and latest metrics', async () => {
  const a = await newRun('a');
  const b = await newRun('b', START + 1000);
  const at = { timestamp: START, step: 0 };
  await log(
    a,
    [
      { key: 'loss', value: 1, ...at },
      { key: 'nan', value: 'NaN', ...at },
      { key: 'zero', value: -0, ...at },
    ],
    {
      params: pairs({ lr: '0.1', depth: '3', only_a: 'x' }),
      tags: pairs({ team: 'red' }),
    },
  );
  await log(
    b,
    [
      { key: 'loss', value: 2, ...at },
      { key: 'nan', value: 'NaN', ...at },
      { key: 'zero', value: 0, ...at },
    ],
    {
      params: pairs({ lr: '0.2', depth: '3' }),
      tags: pairs({ team: 'red' }),
    },
  );
  const { runs, params, tags, metrics } = await compare({ run: [a, b, a] });
  assert.deepEqual(
    runs.map(({ id, name, startTime, status }) => ({ id, name, startTime, status })),
    [
      { id: a, name: 'a', startTime: START, status: 'RUNNING' },
      { id: b, name: 'b', startTime: START + 1000, status: 'RUNNING' },
    ],
  );
  assert.deepEqual(params, {
    differ: [
      { key: 'lr', values: { [a]: '0.1', [b]: '0.2' } },
      { key: 'only_a', values: { [a]: 'x' } },
    ],
    same: [{ key: 'depth', value: '3' }],
  });
  assert.deepEqual(tags, {
    differ: [{ key: 'mlflow.runName', values: { [a]: 'a', [b]: 'b' } }],
    same: [{ key: 'team', value: 'red' }],
  });
  assert.deepEqual(metrics, {
    differ: [{ key: 'loss', values: { [a]: 1, [b]: 2 } }],
    same: [
      { key: 'nan', value: 'NaN' },
      { key: 'zero', value: 0 },
    ],
  });
});

test('a long curve keeps its peaks, its first and its last value, and where it was NaN', async () => {
  const peaks = new Map<number, number | string>([
    [0, 5],
    [1, 6],
    [3333, 1e9],
    [3334, -1e9],
    [7777, 'NaN'],
    [9998, -7],
    [9999, 8],
  ]);
  const run = await newRun('long');
  await log(
    run,
    curve('loss', 10_000, (n) => peaks.get(n) ?? Math.sin(n / 100)),
  );
  const { curves } = await compare({ run, metric: 'loss', points: 100 });
  const [found] = curves[0]?.runs ?? [];
  assert.ok(found);
  assert.equal(found.total, 10_000);
  assert.ok(found.steps.length <= 100 && found.steps.length > 60, `${found.steps.length} points`);
  const at = new Map(found.steps.map((step, index) => [step, found.values[index]]));
  for (const [step, value] of peaks)
    if (step !== 1 && step !== 9998) assert.equal(at.get(step), value === 'NaN' ? null : value, `step ${step}`);
  assert.deepEqual(
    found.steps,
    found.steps.toSorted((x, y) => x - y),
  );
  assert.deepEqual(
    found.times,
    found.steps.map((step) => step * 10),
  );
  for (const [index, step] of found.steps.entries())
    assert.equal(found.values[index], peaks.has(step) ? at.get(step) : Math.sin(step / 100), 'each value stands at its own step');
});

test('every peak survives wherever it stands', async () => {
  const run = await newRun('peaks');
  const count = 400;
  // The n-th metric has its one peak at the n-th step.
  const places = [0, 1, 2, 199, 200, 201, 397, 398, 399];
  await log(
    run,
    places.flatMap((place) => curve(`m${place}`, count, (n) => (n === place ? 1 : 0))),
  );
  for (const points of [10, 11, 399, 400, 1000]) {
    const { curves } = await compare({ run, metric: places.map((place) => `m${place}`), points });
    for (const [index, { runs }] of curves.entries()) {
      const [one] = runs;
      assert.ok(one && one.steps.length <= points, `${one?.steps.length} of ${points}`);
      assert.equal(one.values[one.steps.indexOf(places[index] as number)], 1, `the peak at ${places[index]} with ${points} points`);
      if (points >= count) assert.equal(one.steps.length, count);
    }
  }
});

test('curves stand on steps or on the time since the start of their run', async () => {
  const early = await newRun('early', START);
  const late = await newRun('late', START + 5000);
  const logged = (shift: number): readonly Point[] => [
    { key: 'auc', value: 0.7, timestamp: START + shift + 20, step: 5 },
    { key: 'auc', value: 0.8, timestamp: START + shift + 10, step: 7 },
  ];
  await log(early, logged(0));
  await log(late, logged(5000));
  const expected = {
    step: { steps: [5, 7], times: [20, 10], values: [0.7, 0.8] },
    time: { steps: [7, 5], times: [10, 20], values: [0.8, 0.7] },
  };
  for (const align of ['step', 'time'] as const) {
    const answer = await compare({ run: [early, late], align });
    assert.equal(answer.align, align);
    assert.deepEqual(answer.curves, [{ metric: 'auc', runs: [early, late].map((runId) => ({ runId, total: 2, ...expected[align] })) }]);
  }
});

test('without a choice the metrics that most runs have are drawn', async () => {
  const a = await newRun('a');
  const b = await newRun('b');
  const one = (key: string): Point => ({ key, value: 1, timestamp: START, step: 0 });
  await log(a, ['z1', 'z2', 'z3', 'z4', 'z5', 'a1', 'a2'].map(one));
  await log(b, ['z1', 'z2', 'z3', 'z4', 'z5', 'b1'].map(one));
  const { curves } = await compare({ run: [a, b] });
  assert.deepEqual(
    curves.map(({ metric, runs }) => [metric, runs.length]),
    [
      ['z1', 2],
      ['z2', 2],
      ['z3', 2],
      ['z4', 2],
      ['z5', 2],
      ['a1', 1],
    ],
  );
  const chosen = await compare({ run: [a, b], metric: ['b1', 'never'] });
  assert.deepEqual(
    chosen.curves.map(({ metric, runs }) => [metric, runs.map(({ runId }) => runId)]),
    [
      ['b1', [b]],
      ['never', []],
    ],
  );
});

test('a hundred runs come together, in the order in which they were asked for', async () => {
  const runs = await Promise.all(Array.from({ length: 100 }, (_, n) => newRun(`r${n}`)));
  await Promise.all(
    runs.map((run, n) =>
      log(
        run,
        curve('loss', 20, (step) => step * n),
      ),
    ),
  );
  const reversed = runs.toReversed();
  const { runs: compared, curves } = await compare({ run: reversed, points: 10 });
  assert.deepEqual(
    compared.map(({ id }) => id),
    reversed,
  );
  assert.deepEqual(
    curves[0]?.runs.map(({ runId }) => runId),
    reversed,
  );
  assert.equal(curves[0]?.runs[0]?.values.at(-1), 19 * 99);
});

test('what cannot be compared is refused with the field that is wrong', async () => {
  const run = await newRun('known');
  for (const [query, status, said] of [
    [{ run: [run, 'nobody', 'nothing'] }, 404, /run: there are no runs nobody, nothing\./],
    [{}, 400, /run/],
    [{ run: Array.from({ length: 101 }, (_, n) => `r${n}`) }, 400, /run/],
    [{ run, points: 9 }, 400, /points/],
    [{ run, points: 10_001 }, 400, /points/],
    [{ run, points: 'many' }, 400, /points/],
    [{ run, align: 'length' }, 400, /align/],
    [
      { run, metric: Array.from({ length: 26 }, (_, n) => `m${n}`), points: 10_000 },
      400,
      /points: 1 runs with 26 metrics of 10000 points each are 260000/,
    ],
    [{ run, metric: Array.from({ length: 51 }, (_, n) => `m${n}`) }, 400, /metric/],
  ] as const) {
    const answer = await ask(query);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.match(answer.body.detail, said);
  }
});

test('runs whose names are those of no harmless thing are compared as any others', async () => {
  const run = await newRun('x');
  await log(run, [], { params: pairs({ constructor: 'p', toString: 'q' }), tags: pairs({ hasOwnProperty: 'r' }) });
  const { params } = await compare({ run });
  assert.deepEqual(
    params.same.map(({ key }) => key),
    ['constructor', 'toString'],
  );
});
