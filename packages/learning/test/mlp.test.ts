import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { initialParameters, Network, type Head, type HiddenActivation } from '#/network/network.ts';
import { lossAndSlopes } from '#/network/losses.ts';
import { mlp } from '#/network/mlp.ts';
import { adam, descent, type Optimizer } from '#/network/optimizer.ts';
import { seededRandom } from '#/random.ts';
import type { Fitted } from '#/trainer.ts';
import { assertNear, assertSameAsGraph, classesTask, dataOf, matrixOf, modelBytes, recorded, rowsOf, train } from './estimators.ts';

const regression = { kind: 'regression' } as const;

describe('the slopes of the loss are those that differences show', () => {
  for (const [head, outputs, activation] of [
    ['logistic', 1, 'tanh'],
    ['softmax', 3, 'logistic'],
    ['identity', 1, 'relu'],
  ] as readonly [Head, number, HiddenActivation][]) {
    test(`${activation} and ${head}`, () => {
      const random = seededRandom(1);
      const shape = { sizes: [3, 5, 4, outputs], activation, head };
      const network = new Network(shape, 7);
      const x = Float64Array.from({ length: 7 * 3 }, () => random() * 2 - 1);
      const rows = {
        x,
        target: Float64Array.from({ length: 7 }, (_, row) => row % Math.max(2, outputs)),
        weights: Float64Array.from({ length: 7 }, random),
      };
      const part = {
        order: Int32Array.from({ length: 7 }, (_, row) => row),
        from: 0,
        count: 7,
        scale: { mean: 0.5, deviation: 1 },
        divisor: 1,
      };
      const parameters = initialParameters(shape, random);
      const lossAt = (): number => {
        network.inputs.set(x);
        // The same units are dropped each time.
        network.forwardForTraining(parameters, 7, { rate: 0.3, random: seededRandom(5) });
        // The slopes are those of half the squared error.
        return lossAndSlopes(network, rows, part) / (head === 'identity' ? 2 : 1);
      };
      lossAt();
      const gradient = new Float64Array(parameters.length);
      network.backward(parameters, gradient, 7);
      const differences = parameters.map((value, at) => {
        parameters[at] = value + 1e-6;
        const above = lossAt();
        parameters[at] = value - 1e-6;
        const below = lossAt();
        parameters[at] = value;
        return (above - below) / 2e-6;
      });
      assertNear(gradient, differences, 1e-7);
    });
  }
});

test('weights are moved as the optimizers say', () => {
  const moves = (optimizer: Optimizer, slopes: readonly number[]): number[] => {
    const parameters = Float64Array.of(0);
    return slopes.map((slope, at) => {
      const before = parameters[0] as number;
      optimizer.step(parameters, Float64Array.of(slope), 0.1, at + 1);
      return (parameters[0] as number) - before;
    });
  };
  assertNear(moves(descent(1, { momentum: 0.9, nesterov: false }), [1, 1, 0]), [-0.1, -0.19, -0.171], 1e-12);
  assertNear(moves(descent(1, { momentum: 0.9, nesterov: true }), [1, 1, 0]), [-0.19, -0.271, -0.1539], 1e-12);
  // Means of 0.1 and −0.01, corrected by 1 − 0.9 and 1 − 0.81; of squares of 4e-3 and so on, corrected likewise.
  const squares = (0.999 * 0.001 + 0.001 * 4) / (1 - 0.999 ** 2);
  assertNear(moves(adam(1, { beta1: 0.9, beta2: 0.999, epsilon: 1e-12 }), [1, -2]), [-0.1, (0.1 * 0.11) / 0.19 / Math.sqrt(squares)], 1e-9);
});

/** As compat/learning/record-estimators.py measures it: rows 3, 7, 11 … are kept back. */
function held(name: string, seed: number): { measure: number; fitted: Fitted } {
  const set = dataOf(name);
  const learnt = rowsOf(set, (row) => row % 4 !== 3);
  const test = rowsOf(set, (row) => row % 4 === 3);
  const classes = name === 'diabetes' ? 0 : name === 'wine' ? 3 : 2;
  const task = classes === 0 ? regression : classesTask(classes);
  const params = { hidden_layer_sizes: [16], max_iter: 100, learning_rate_init: 0.01 };
  const fitted = train(mlp, learnt, task, params, { random: seededRandom(seed) });
  const answers = fitted.predict(test.matrix);
  const losses = test.target.map((truth, row) =>
    classes === 0 ? (truth - (answers[row] as number)) ** 2 : -Math.log(answers[row * classes + truth] as number),
  );
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return { measure: classes === 0 ? Math.sqrt(mean) : mean, fitted };
}

describe('a network', () => {
  for (const { data, results } of recorded.networks) {
    test(`learns ${data} as well as scikit-learn's`, () => {
      const own = [0, 1, 2, 3, 4].map((seed) => held(data, seed).measure).toSorted((a, b) => a - b);
      const median = results.toSorted((a, b) => a - b)[2] as number;
      assert.ok((own[2] as number) < median * 1.15, `${own.join(' ')}, scikit-learn's ${results.join(' ')}`);
    });
  }

  for (const [data, classes, params] of [
    ['cancer', 2, { activation: 'tanh', solver: 'sgd', learning_rate: 'adaptive', hidden_layer_sizes: '8-4' }],
    ['wine', 3, { activation: 'logistic', dropout: 0.2, learning_rate: 'cosine' }],
    ['wine', 2, { nesterovs_momentum: false, solver: 'sgd', hidden_layer_sizes: [3] }],
    ['diabetes', 0, { alpha: 0.1, batch_size: 1000 }],
  ] as const) {
    test(`says what its graph says: ${data} ${JSON.stringify(params)}`, async () => {
      const whole = dataOf(data);
      const set = data === 'wine' && classes === 2 ? rowsOf(whole, (row) => whole.target[row] !== 2) : whole;
      const task = classes === 0 ? regression : classesTask(classes);
      const losses: number[] = [];
      const fitted = train(
        mlp,
        set,
        task,
        { max_iter: 20, learning_rate_init: 0.01, ...params },
        {
          onIteration: ({ metrics }) => losses.push(metrics['train_loss'] as number) > 0,
        },
      );
      assert.equal(fitted.iterations, 20);
      assert.ok((losses[19] as number) < (losses[0] as number));
      await assertSameAsGraph(fitted, set.matrix, task);
    });
  }

  const set = dataOf('cancer');
  const learnt = rowsOf(set, (row) => row % 3 > 0);
  const validation = rowsOf(set, (row) => row % 3 === 0);
  const params = {
    hidden_layer_sizes: [6],
    dropout: 0.1,
    learning_rate_init: 0.02,
    learning_rate: 'adaptive',
    max_iter: 30,
    n_iter_no_change: 8,
  };

  test('goes on from any checkpoint to the same bytes', () => {
    for (const solver of ['adam', 'sgd']) {
      const states: Uint8Array[] = [];
      const given = { ...params, solver };
      const fitted = train(mlp, learnt, classesTask(2), given, { validation, onCheckpoint: (number, state) => (states[number] = state()) });
      const bytes = modelBytes(fitted, set.matrix);
      assert.ok(states.length > 10);
      for (const number of [1, 7, states.length - 1]) {
        const resumed = train(mlp, learnt, classesTask(2), given, {
          validation,
          random: seededRandom(99),
          resume: states[number] as Uint8Array,
        });
        assert.equal(resumed.iterations, fitted.iterations);
        assert.deepEqual(modelBytes(resumed, set.matrix), bytes, `${solver} from ${number}`);
      }
      assert.deepEqual(modelBytes(train(mlp, learnt, classesTask(2), given, { validation }), set.matrix), bytes);
      const other = train(mlp, learnt, classesTask(2), given, { validation, random: seededRandom(8) });
      assert.notDeepEqual(modelBytes(other, set.matrix), bytes);
    }
    for (const resume of [new Uint8Array(3), new Uint8Array(100)]) {
      assert.throws(() => train(mlp, learnt, classesTask(2), params, { resume }), /The checkpoint is not one of this network/);
    }
  });

  test('ends when the rows for validation get no better, and is as it was at its best', () => {
    const losses: number[] = [];
    const fitted = train(
      mlp,
      learnt,
      classesTask(2),
      { ...params, dropout: 0, max_iter: 1000, tol: 0 },
      {
        validation,
        onIteration: ({ metrics }) => losses.push(metrics['validation_loss'] as number) > 0,
      },
    );
    const best = Math.min(...losses);
    assert.equal(losses.length, losses.indexOf(best) + 1 + params.n_iter_no_change);
    const answers = fitted.predict(validation.matrix);
    const loss =
      validation.target.reduce((sum, truth, row) => sum - Math.log(answers[row * 2 + truth] as number), 0) / validation.target.length;
    assertNear([loss], [best]);
    const whole = train(mlp, learnt, classesTask(2), { ...params, early_stopping: false, n_iter_no_change: 1000 }, { validation });
    assert.equal(whole.iterations, params.max_iter);
  });

  test('says that it went too fast, and keeps what was best before', () => {
    const { matrix, target } = dataOf('diabetes');
    const given = { ...params, solver: 'sgd', learning_rate_init: 10, n_iter_no_change: 1000, batch_size: 20 };
    const fitted = train(mlp, { matrix, target }, regression, given);
    assert.match(fitted.warnings?.[0] ?? '', /The loss became infinite in epoch \d+; a smaller learning_rate_init/);
    assert.ok(fitted.predict(matrix).every(Number.isFinite));
  });

  test('rows that weigh nothing are not learnt from', () => {
    const random = seededRandom(2);
    const x = Array.from({ length: 200 }, () => random() * 2 - 1);
    const matrix = matrixOf([x]);
    const truth = Float64Array.from(x, (value) => 2 * value + 5);
    const target = truth.map((value, row) => (row % 2 === 0 ? value : 1e6));
    const weights = target.map((_, row) => (row % 2 === 0 ? 3 : 0));
    const fitted = train(mlp, { matrix, target, weights }, regression, {
      hidden_layer_sizes: [8],
      learning_rate_init: 0.02,
      batch_size: 16,
      tol: 0,
    });
    assert.ok(Math.max(...fitted.predict(matrix).map((value, row) => Math.abs(value - (truth[row] as number)))) < 0.2);
  });
});
