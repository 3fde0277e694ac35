import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { GraphBuilder, concat, linearRegressor, writeModel, type Flow } from '@mlab/onnx';
import { classifier, logged, uncompiled } from './files.ts';
import type { Json, TestServing } from './serving-for-test.ts';

const sigmoid = (score: number): number => 1 / (1 + Math.exp(-score));

/** Says of each kind of input what it was given, in milliseconds where it is a time. */
function kinds(): Uint8Array {
  const graph = new GraphBuilder({ name: 'kinds' });
  const double = graph.input('when', 'double');
  graph.output('time', graph.node('Identity', [double], [{ type: 'double', dims: [1] }])[0] as Flow);
  const count = graph.input('count', 'int64');
  graph.output('number', graph.node('Identity', [count], [{ type: 'int64', dims: [1] }])[0] as Flow);
  const flag = graph.input('flag', 'bool');
  graph.output('truth', graph.node('Identity', [flag], [{ type: 'bool', dims: [1] }])[0] as Flow);
  return writeModel(graph.build({ inputs: JSON.stringify([{ name: 'when', kind: 'time' }]) }));
}

/** As scikit-learn's models come: one tensor of all columns. */
function oneTensor(): Uint8Array {
  const graph = new GraphBuilder({ name: 'sklearn' });
  const x = graph.input('X', 'float', 3);
  graph.output('variable', linearRegressor(graph, x, { coefficients: [1, 10, 100], intercepts: [0] }));
  return writeModel(graph.build());
}

/** All of `size` numbers times a matrix of ones, and their sum. */
function network(size: number): Uint8Array {
  const graph = new GraphBuilder({ name: 'network' });
  const ones = (rows: number, columns: number): Flow =>
    graph.constant('float', [rows, columns], { kind: 'floats', values: new Float32Array(rows * columns).fill(1) });
  const [hidden] = graph.node('MatMul', [graph.input('x', 'float', size), ones(size, size)], [{ type: 'float', dims: [size] }]);
  graph.output('value', graph.node('MatMul', [hidden as Flow, ones(size, 1)], [{ type: 'float', dims: [1] }])[0] as Flow);
  return writeModel(graph.build());
}

/** The logarithm of a number: what is not finite can come of it. */
function logarithm(): Uint8Array {
  const graph = new GraphBuilder({ name: 'log' });
  graph.output('value', graph.node('Log', [concat(graph, [graph.input('x', 'float')])], [{ type: 'float', dims: [1] }])[0] as Flow);
  return writeModel(graph.build());
}

export function rows(serving: () => TestServing): void {
  const predict = (name: string, body: object) => serving().api(`POST /models/${name}/predict`, body);
  const must = async (name: string, body: object): Promise<Json> => {
    const answer = await predict(name, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  /** `rows.1.age float_type: …` of each fault. */
  const faults = async (name: string, given: readonly unknown[]): Promise<readonly string[]> => {
    const { status, body } = await predict(name, { rows: given });
    assert.equal(status, 422, JSON.stringify(body));
    return body.detail.map(({ loc, type, msg }: Json) => `${loc.join('.')} ${type}: ${msg}`);
  };

  suite('rows', () => {
    test('are predicted for by a model of the registry, with the version that answered', async () => {
      await serving().register('churn', logged(classifier()));
      const body = await must('churn', {
        rows: [
          { age: 3, plan: 'a' },
          { age: -7, plan: 'b' },
        ],
      });
      assert.deepEqual([body.model, body.version], ['churn', 1]);
      assert.deepEqual(
        body.predictions.map(({ prediction }: Json) => prediction),
        ['yes', 'no'],
      );
      assert.ok(Math.abs(body.predictions[0].probabilities.yes - sigmoid(2.5)) < 1e-6, JSON.stringify(body));
      assert.ok(Math.abs(body.predictions[1].probabilities.no - sigmoid(4.5)) < 1e-6);
    });

    test('that do not fit are refused with their place, what was expected and what came; at most twenty faults are told', async () => {
      assert.deepEqual(
        await faults('churn', [
          { age: 1, plan: 'a' },
          { age: '1', plan: 5 },
          { age: true, plan: ['a'] },
        ]),
        [
          'body.rows.1.age number_type: Input should be a valid number, and is "1"',
          'body.rows.2.age number_type: Input should be a valid number, and is true',
          'body.rows.1.plan text_type: Input should be a valid string, and is 5',
          'body.rows.2.plan text_type: Input should be a valid string, and is a list of 1',
        ],
      );
      const { body } = await predict('churn', { rows: [{ age: { a: 1 }, plan: 'a' }] });
      assert.deepEqual(body.detail[0].input, { a: 1 });
      assert.equal(
        (
          await faults(
            'churn',
            Array.from({ length: 500 }, () => ({ age: 'x', plan: 1 })),
          )
        ).length,
        20,
      );
      assert.deepEqual(await faults('churn', [5]), ['body.rows.0 dict_type: Input should be a valid dictionary']);
      assert.match((await faults('churn', []))[0] ?? '', /^body.rows too_short/);
    });

    test('may lack what the model takes as unknown; other fields are left out and counted, unless they are nearly the name of one that is missing', async () => {
      const [unknown, nothing] = (await must('churn', { rows: [{ age: null, plan: null }, {}] })).predictions;
      assert.deepEqual(unknown, nothing);
      assert.equal(unknown.probabilities.yes, null, 'what is not finite is null');
      const more = '{"age": 3, "plan": "a", "constructor": 1, "toString": 2, "Age": 3}';
      const before = (await serving().metric('mlab_model_ignored_fields_total{model="churn",version="1"}')) ?? 0;
      const said = await must('churn', { rows: [JSON.parse(more)] });
      assert.equal(said.predictions[0].prediction, 'yes');
      assert.equal(await serving().metric('mlab_model_ignored_fields_total{model="churn",version="1"}'), before + 3);
      assert.deepEqual(
        await faults('churn', [
          { Age: 3, plan: 'a' },
          { age: 3, plam: 'a' },
        ]),
        [
          'body.rows.0.Age unexpected_name: The model has no input Age; is age meant?',
          'body.rows.1.plam unexpected_name: The model has no input plam; is plan meant?',
        ],
      );
      assert.deepEqual(await faults('churn', [{ age: 3 }, { Alter: 3, Tarif: 'a' }]), [
        'body.rows.1 unexpected_names: None of its names is an input of the model, which has age, plan',
      ]);
    });

    test('have times as RFC 3339 or milliseconds, integers that are whole, and truths', async () => {
      await serving().register('kinds', logged(kinds()));
      const at = Date.UTC(2026, 10, 26, 10, 30);
      const given = ['2026-11-26T10:30:00Z', '2026-11-26T12:30:00.000+02:00', at, '2026-11-26'];
      const { predictions } = await must('kinds', { rows: given.map((when) => ({ when, count: -4, flag: true })) });
      assert.deepEqual(
        predictions.map(({ outputs }: Json) => outputs.time),
        [at, at, at, Date.UTC(2026, 10, 26)],
      );
      assert.deepEqual(predictions[0].outputs, { time: at, number: -4, truth: true });
      const none = ['2026-02-30', '26.11.2026', '2026-11-26T25:00:00Z', true];
      for (const when of none)
        assert.match((await faults('kinds', [{ when, count: 1, flag: true }]))[0] ?? '', /^body.rows.0.when time_type/);
      assert.deepEqual(await faults('kinds', [{ when: null, count: 1.5, flag: 2 }, { count: null }]), [
        'body.rows.0.count integer_type: Input should be a valid integer, and is 1.5',
        'body.rows.1.count integer_type: Input should be a valid integer; the model takes no unknown value here',
        'body.rows.0.flag boolean_type: Input should be a valid boolean, and is 2',
        'body.rows.1.flag missing: Field required',
      ]);
    });

    test('of one tensor have the names of its columns where a signature tells them, else a list', async () => {
      const signature = { inputs: ['a', 'b', 'c'].map((name) => ({ name, type: 'double', required: true })) };
      await serving().register('columns', logged(oneTensor()), { signature });
      assert.equal((await must('columns', { rows: [{ c: 3, a: 1, b: 2 }] })).predictions[0].prediction, 321);
      await serving().register('tensor', logged(oneTensor()));
      const { predictions } = await must('tensor', { rows: [{ X: [1, 2, 3] }, { X: [4, 5, 6] }] });
      assert.deepEqual(
        predictions.map(({ prediction }: Json) => prediction),
        [321, 654],
      );
      assert.deepEqual(await faults('tensor', [{ X: [1, 2] }, { X: [1, 'x', 3] }, {}]), [
        'body.rows.0.X tensor_shape: Input should be a list of 3, and is a list of 2',
        'body.rows.1.X.1 tensor_type: Input should be a valid number, and is "x"',
        'body.rows.2.X missing: Field required',
      ]);
      const described = await serving().api('GET /models/tensor');
      assert.deepEqual(described.body.inputs, [{ name: 'X', kind: 'tensor', datatype: 'FP32', shape: [3], mayBeUnknown: false }]);
    });

    test('are answered with null where no finite number comes out', async () => {
      await serving().register('log', logged(logarithm()));
      const { predictions } = await must('log', { rows: [{ x: 1 }, { x: 0 }, { x: -1 }, { x: null }] });
      assert.deepEqual(
        predictions.map(({ prediction }: Json) => prediction),
        [0, null, null, null],
      );
    });

    test('are asked of ONNX Runtime where a graph has no compiled form, and it says the same of wrong ones', async () => {
      await serving().register('erf', logged(uncompiled()));
      const { predictions } = await must('erf', { rows: [{ x: 0 }, { x: 0.5 }] });
      assert.ok(Math.abs(predictions[1].prediction - 0.5204999) < 1e-6, JSON.stringify(predictions));
      assert.deepEqual(await faults('erf', [{ x: 'a' }]), ['body.rows.0.x number_type: Input should be a valid number, and is "a"']);
      const { body } = await serving().api('GET /models/erf');
      assert.deepEqual([body.backend, body.explains], ['onnxruntime', false]);
    });

    test('of a large network are left to ONNX Runtime, as the loop that answers would stand still', async () => {
      await serving().register('network', logged(network(1500)));
      const { predictions } = await must('network', { rows: [{ x: Array.from({ length: 1500 }, (_, at) => (at === 0 ? 1 : 0)) }] });
      assert.ok(Math.abs(predictions[0].prediction - 1500) < 1e-2, JSON.stringify(predictions));
      const { body } = await serving().api('GET /models');
      const [listed] = body.items.filter(({ model }: Json) => model === 'network');
      assert.deepEqual([listed.backend, listed.reason], ['onnxruntime', 'it is large, and ONNX Runtime computes it faster']);
    });

    test('are asked of a version, an alias, or neither: the default alias, else the newest version that was not rejected', async () => {
      const { registry } = serving();
      const by = (version: number) => ({ name: 'many', version });
      const call = (await import('./serving-for-test.ts')).call();
      for (let version = 1; version <= 3; version++) await serving().register('many', logged(classifier(version)));
      await registry.rejectVersion({ ...by(3), release: false }, call);
      const answered = async (asked: object): Promise<number> => (await must('many', { rows: [{ age: 0, plan: 'a' }], ...asked })).version;
      assert.equal(await answered({}), 2);
      assert.equal(await answered({ version: 1 }), 1);
      assert.equal(await answered({ version: 3 }), 3, 'who names a rejected version gets it');
      await registry.approveVersion(by(1), call);
      await registry.setAlias({ ...by(1), alias: 'champion' }, call);
      await serving().until('the alias counts', async () => (await answered({})) === 1);
      assert.equal(await answered({ alias: 'champion' }), 1);
      assert.equal((await predict('many', { rows: [{}], alias: 'champion', version: 1 })).status, 422);
      assert.equal((await predict('many', { rows: [{}], version: 9 })).status, 404);
      assert.equal((await predict('many', { rows: [{}], alias: 'nobody' })).status, 404);
      assert.equal((await predict('nowhere', { rows: [{}] })).status, 404);
      assert.deepEqual((await predict('many', { rows: [{}], version: 0 })).body.detail[0].loc, ['body', 'version']);
    });
  });
}
