import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { erf, normalMass } from '#/search/normal.ts';
import { Parzen } from '#/search/parzen.ts';
import { shouldPrune, type Report, type Reported } from '#/search/pruners.ts';
import { suggest } from '#/search/samplers.ts';
import { dimensionsOf, placeOf, valueAt, type Values } from '#/search/space.ts';
import { openStudy, studyFrom, type Outcome, type Study } from '#/search/study.ts';
import { settingsOf, type StudyOptions } from '#/search/settings.ts';
import { seededRandom } from '#/random.ts';
import type { Space } from '#/trainer.ts';
import { assertNear } from './estimators.ts';

const SPACE: Space = {
  rate: { kind: 'float', low: 1e-5, high: 1, log: true },
  units: { kind: 'int', low: 1, high: 256, log: true },
  kind: { kind: 'choice', options: ['a', 'b', 'c'] },
  part: { kind: 'float', low: 0, high: 1 },
  rounds: { kind: 'int', low: 1, high: 20 },
};

const cost = ({ rate, units, kind, part, rounds }: Values): number =>
  0.3 * (Math.log10(Number(rate)) + 3) ** 2 +
  0.2 * (Math.log2(Number(units)) - 4) ** 2 +
  ({ a: 1, b: 0, c: 0.6 }[String(kind)] ?? 0) +
  5 * (Number(part) - 0.7) ** 2 +
  0.02 * Math.abs(Number(rounds) - 13);

/** What a trial does: it tells a value at each of 9 steps, and is pruned, fails or ends. */
function runTrial(study: Study, number: number, params: Values): void {
  const value = cost(params);
  if (number % 11 === 5) {
    study.tell(number, { state: 'failed' });
    return;
  }
  for (let step = 1; step <= 9; step++) {
    if (study.report(number, step, value + 1 / step)) {
      study.tell(number, { state: 'pruned' });
      return;
    }
  }
  study.tell(number, { state: 'complete', value });
}

/** Trials one after another, as far as there may be more. */
function runAll(study: Study, trials: number): Study {
  for (const { number, params, state } of study.trials) if (state === 'running') runTrial(study, number, params);
  for (let number = study.trials.length; number < trials; number++) runTrial(study, number, study.suggest(number));
  return study;
}

describe('a study comes to the same trials', () => {
  const pruners: readonly NonNullable<StudyOptions['pruner']>[] = [{ kind: 'none' }, { kind: 'median', startup: 3 }, { kind: 'halving' }];
  for (const pruner of pruners) {
    for (const parallel of [1, 4]) {
      const options: StudyOptions = { direction: 'minimize', seed: 5, parallel, pruner };
      const expected = runAll(openStudy(SPACE, options), 32).state();

      test(`${pruner.kind}, ${parallel} at a time: in whatever order trials end`, () => {
        const random = seededRandom(2);
        const study = openStudy(SPACE, options);
        const running: { number: number; step: number }[] = [];
        while (study.trials.filter(({ state }) => state !== 'running').length < 32) {
          const next = study.ready();
          if (next !== undefined && next < 32 && random() < 0.5) {
            study.suggest(next);
            running.push({ number: next, step: 0 });
          } else if (running.length > 0) {
            assert.ok(running.length <= parallel);
            // One of those that run goes a step further.
            const index = Math.floor(random() * running.length);
            const trial = running[index] as { number: number; step: number };
            trial.step++;
            const value = cost(study.trials[trial.number]?.params ?? {});
            const outcome: Outcome | undefined =
              trial.number % 11 === 5
                ? { state: 'failed' }
                : study.report(trial.number, trial.step, value + 1 / trial.step)
                  ? { state: 'pruned' }
                  : trial.step === 9
                    ? { state: 'complete', value }
                    : undefined;
            if (outcome === undefined) continue;
            study.tell(trial.number, outcome);
            running.splice(index, 1);
          }
        }
        assert.deepEqual(study.state(), expected);
      });

      test(`${pruner.kind}, ${parallel} at a time: when it is killed at any moment and goes on from what was kept`, () => {
        for (const stop of [7, 21]) {
          const study = openStudy(SPACE, options);
          runAll(study, stop);
          const kept = JSON.stringify(study.state());
          // More trials begin, and one tells something, before it is killed; what they did was not kept, or only that they had begun.
          study.suggest(stop);
          study.report(stop, 1, cost(study.trials[stop]?.params ?? {}) + 1);
          const keptLater = JSON.stringify(study.state());
          for (const text of [kept, keptLater]) assert.deepEqual(runAll(studyFrom(JSON.parse(text)), 32).state(), expected, `at ${stop}`);
        }
      });
    }
  }

  test('more at a time, or another seed, come to others', () => {
    const params = (options: StudyOptions): readonly Values[] => runAll(openStudy(SPACE, options), 30).trials.map((trial) => trial.params);
    const one = params({ direction: 'minimize', seed: 1 });
    assert.notDeepEqual(params({ direction: 'minimize', seed: 2 }), one);
    assert.notDeepEqual(params({ direction: 'minimize', seed: 1, parallel: 3 }), one);
    const reversed = Object.fromEntries(Object.entries(SPACE).toReversed());
    assert.deepEqual(
      runAll(openStudy(reversed, { direction: 'minimize', seed: 1 }), 30).trials.map((trial) => trial.params),
      one,
    );
  });
});

describe('a study', () => {
  test('waits for trials that a new one depends on, and says which', () => {
    const study = openStudy(SPACE, { direction: 'minimize', parallel: 3 });
    for (const number of [0, 1, 2]) study.suggest(number);
    assert.equal(study.ready(), undefined);
    assert.throws(() => study.suggest(3), { code: 'conflict', message: /Trial 3 cannot begin before trial 0 has ended/ });
    study.tell(1, { state: 'complete', value: 1 });
    assert.equal(study.ready(), undefined);
    study.tell(0, { state: 'failed' });
    assert.equal(study.ready(), 3);
    assert.throws(() => study.suggest(5), { code: 'conflict', message: /Trial 5 cannot begin before trial 3 has begun/ });
    assert.deepEqual(study.suggest(2), study.trials[2]?.params);
    assert.throws(() => study.tell(9, { state: 'failed' }), { code: 'not_found' });
    assert.throws(() => study.report(2, 0, 1), { code: 'invalid', message: /step of a report/ });
  });

  test('counts no trial twice, and takes a value that is no number for a failure', () => {
    const study = openStudy(SPACE, { direction: 'maximize', parallel: 3 });
    for (const number of [0, 1, 2]) study.suggest(number);
    study.tell(0, { state: 'complete', value: 1 });
    study.tell(0, { state: 'complete', value: 1 });
    assert.throws(() => study.tell(0, { state: 'complete', value: 2 }), {
      code: 'conflict',
      message: /Trial 0 has ended already: it is complete/,
    });
    study.tell(1, { state: 'complete', value: Number.NaN });
    assert.equal(study.trials[1]?.state, 'failed');
    study.tell(2, { state: 'complete', value: 3 });
    assert.equal(study.best?.number, 2);
  });

  test('refuses settings and ranges that make no sense', () => {
    const open =
      (space: Space, options: object = {}) =>
      () =>
        openStudy(space, { direction: 'minimize', ...options });
    assert.throws(open({ x: { kind: 'float', low: 2, high: 1 } }), { code: 'invalid', message: /The range of x/ });
    assert.throws(open({ x: { kind: 'int', low: 0.5, high: 1 } }), { code: 'invalid', message: /The range of x/ });
    assert.throws(open({ x: { kind: 'float', low: 0, high: 1, log: true } }), { code: 'invalid', message: /logarithmic/ });
    assert.throws(open({ x: { kind: 'choice', options: [] } }), { code: 'invalid', message: /no options/ });
    assert.throws(open(SPACE, { parallel: 0 }), { code: 'invalid', message: /parallel of a study .* got 0/ });
    assert.throws(open(SPACE, { pruner: { kind: 'halving', reductionFactor: 1 } }), { code: 'invalid', message: /reductionFactor/ });
  });

  test('of a grid tries every point once, in an order of chance', () => {
    const space: Space = { ...SPACE, rounds: { kind: 'int', low: 3, high: 4 }, units: { kind: 'int', low: 1, high: 256, log: true } };
    const study = openStudy(space, { direction: 'minimize', seed: 3, sampler: { kind: 'grid', points: 4 } });
    assert.equal(study.size, 4 * 4 * 3 * 4 * 2);
    for (let number = 0; number < study.size; number++) {
      study.suggest(number);
      study.tell(number, { state: 'failed' });
    }
    const points = study.trials.map(({ params }) => JSON.stringify(params));
    assert.equal(new Set(points).size, study.size);
    assert.deepEqual(
      [...new Set(study.trials.map(({ params }) => params['units']))].toSorted((a, b) => Number(a) - Number(b)),
      [1, 6, 40, 256],
    );
    assert.ok(new Set(study.trials.slice(0, 20).map(({ params }) => params['rate'])).size === 4);
  });

  test('with TPE comes lower than by chance', () => {
    const { rate, units, part } = SPACE;
    const space = { rate, units, part } as Space;
    const bests = (kind: 'tpe' | 'random'): number[] =>
      Array.from({ length: 9 }, (_, seed) => {
        const study = openStudy(space, { direction: 'minimize', seed, sampler: { kind } });
        for (let number = 0; number < 40; number++) {
          study.tell(number, { state: 'complete', value: cost({ ...study.suggest(number), kind: 'b', rounds: 13 }) });
        }
        return study.best?.value ?? Number.NaN;
      }).toSorted((a, b) => a - b);
    const [tpe, random] = [bests('tpe'), bests('random')];
    assert.ok((tpe[4] as number) < 0.5 * (random[4] as number), `${tpe[4]} and ${random[4]}`);
  });

  test('does not stay with a choice that was lucky at first', () => {
    const wrong = Array.from({ length: 12 }, (_, seed) => {
      const study = openStudy(SPACE, { direction: 'minimize', seed });
      for (let number = 0; number < 60; number++) study.tell(number, { state: 'complete', value: cost(study.suggest(number)) });
      return study.best?.params['kind'] !== 'b';
    });
    assert.ok(wrong.filter(Boolean).length <= 1, `${wrong.filter(Boolean).length} of 12`);
  });

  test('says which hyperparameters its values depend on', () => {
    const space: Space = {
      a: { kind: 'float', low: 0, high: 1 },
      b: { kind: 'int', low: 1, high: 1000, log: true },
      c: { kind: 'choice', options: ['x', 'y', 'z'] },
      d: { kind: 'float', low: -1, high: 1 },
    };
    const study = openStudy(space, { direction: 'minimize', sampler: { kind: 'random' } });
    assert.deepEqual(study.importance(), {});
    for (let number = 0; number < 300; number++) {
      const { a, b, c } = study.suggest(number);
      // Variances of 1/12, 4 · 1/12 and 2/9 · 3/2 = 1/3.
      const value = Number(a) + (2 * Math.log(Number(b))) / Math.log(1000) + (c === 'z' ? Math.sqrt(1.5) : 0);
      study.tell(number, { state: 'complete', value });
    }
    const importance = study.importance();
    const whole = 1 / 12 + 4 / 12 + 1 / 3;
    assertNear(Object.values(importance), [1 / 12 / whole, 4 / 12 / whole, 1 / 3 / whole, 0], 0.05);
    assert.deepEqual(Object.keys(importance), ['a', 'b', 'c', 'd']);
  });

  test('tells apart what only two together explain', () => {
    const study = openStudy(
      { a: { kind: 'float', low: 0, high: 1 }, b: { kind: 'choice', options: [1, 2] } },
      { direction: 'minimize', sampler: { kind: 'random' } },
    );
    for (let number = 0; number < 300; number++) {
      const { a, b } = study.suggest(number);
      study.tell(number, { state: 'complete', value: Number(a) > 0.5 === (b === 1) ? 1 : 0 });
    }
    const { a = 1, b = 1 } = study.importance();
    assert.ok(a + b < 0.1, `${a} and ${b}`);
  });
});

test('trials that run keep others from the same place', () => {
  const dimensions = dimensionsOf({ x: { kind: 'float', low: 0, high: 1 } });
  const { sampler } = settingsOf({ direction: 'minimize' });
  const ranked = Array.from({ length: 40 }, (_, number) => ({ number, params: { x: Math.abs(0.3 - ((number * 7) % 40) / 40) } }));
  const xs = (pending: readonly number[]): readonly number[] =>
    Array.from({ length: 20 }, (_, seed) => {
      const history = { ranked, pending: pending.map((x, at) => ({ number: 40 + at, params: { x } })) };
      return Number(suggest(dimensions, sampler, { seed, number: 50, history })['x']);
    });
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[10] as number;
  const alone = middle(xs([]));
  const distance = (values: readonly number[]): number => middle(values.map((x) => Math.abs(x - alone)));
  assert.ok(distance(xs(Array.from({ length: 8 }, (_, at) => alone + at / 1e4))) > 2 * distance(xs([])));
});

describe('places of values', () => {
  const dimensions = dimensionsOf(SPACE);
  test('lead back to the values', () => {
    const random = seededRandom(1);
    for (const dimension of dimensions) {
      for (let draw = 0; draw < 50; draw++) {
        const value = valueAt(dimension, dimension.low + random() * (dimension.high - dimension.low));
        const again = valueAt(dimension, placeOf(dimension, value) ?? Number.NaN);
        if (typeof value === 'number') assertNear([Number(again)], [value], 1e-12);
        else assert.equal(again, value);
        const { range } = dimension;
        if (range.kind !== 'choice') assert.ok(Number(value) >= range.low && Number(value) <= range.high);
      }
    }
    const kind = dimensions.find(({ name }) => name === 'kind');
    assert.equal(kind === undefined ? 0 : placeOf(kind, 'd'), undefined);
  });

  test('are as dense as the estimator says: its masses sum up to 1, and are how often it draws', () => {
    const space: Space = { n: { kind: 'int', low: 1, high: 30, log: true }, kind: { kind: 'choice', options: ['a', 'b', 'c'] } };
    const [kind, n] = dimensionsOf(space) as [ReturnType<typeof dimensionsOf>[number], ReturnType<typeof dimensionsOf>[number]];
    const seen = [Float64Array.of(1, Math.log(3)), Float64Array.of(1, Math.log(5)), Float64Array.of(0, Math.log(29))];
    const parzen = new Parzen([kind, n], seen);
    const random = seededRandom(4);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 20_000; draw++) {
      const key = parzen.draw(random).join(' ');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    let sum = 0;
    for (let option = 0; option < 3; option++) {
      for (let value = 1; value <= 30; value++) {
        const places = Float64Array.of(option, Math.log(value));
        const mass = Math.exp(parzen.logDensity(places));
        sum += mass;
        assert.ok(Math.abs((counts.get(places.join(' ')) ?? 0) / 20_000 - mass) < 0.01);
      }
    }
    assertNear([sum], [1], 1e-9);
  });

  test('the error function and masses far out are precise', () => {
    assertNear(
      [0, 0.5, 1, 2, 3, -1].map(erf),
      [0, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527, 0.9999779095030014, -0.8427007929497149],
      1e-14,
    );
    assertNear([normalMass(5, 6) / 2.85665e-7, normalMass(-6, -5) / 2.85665e-7, normalMass(-1, 1)], [1, 1, 0.6826894921370859], 1e-6);
  });
});

describe('pruning', () => {
  const complete = (...values: readonly number[]): Reported => ({
    isComplete: true,
    reports: values.map((value, at): Report => [at + 1, value]),
  });
  const own = (...values: readonly number[]): readonly Report[] => values.map((value, at): Report => [at + 1, value]);
  const prune = (
    pruner: NonNullable<StudyOptions['pruner']>,
    values: readonly number[],
    others: readonly Reported[],
    direction: 'minimize' | 'maximize' = 'minimize',
  ) => shouldPrune(settingsOf({ direction, pruner }).pruner, direction, { step: values.length, own: own(...values), others });

  test('by the median: what was best so far against the middle of the others at the same step', () => {
    const others = [complete(5, 1), complete(6, 2), complete(7, 3), complete(8), { isComplete: false, reports: [[2, 0]] as const }];
    const median = { kind: 'median', startup: 4 } as const;
    assert.equal(prune(median, [9, 2.1], others), true);
    assert.equal(prune(median, [9, 1.9], others), false);
    assert.equal(prune(median, [1.9, 2.1], others), false);
    assert.equal(prune(median, [6.4], others), false);
    assert.equal(prune(median, [6.6], others), true);
    assert.equal(prune(median, [6.4], others, 'maximize'), true);
    assert.equal(prune({ ...median, startup: 5 }, [9, 9], others), false);
    assert.equal(prune({ ...median, warmup: 2 }, [9, 9], others), false);
    assert.equal(prune(median, [9, 9, 9], others), false);
    assert.equal(prune(median, [1, Number.NaN], others), true);
  });

  test('by halving: at each rung the best part goes on', () => {
    const halving = { kind: 'halving', minResource: 2, reductionFactor: 3 } as const;
    const others = [complete(0, 1, 1, 1, 1, 5), complete(0, 2), complete(0, 3), complete(0, 4), complete(0, 5)];
    // Six come to rung 2, two of which go on; two to rung 6.
    assert.equal(prune(halving, [9], others), false);
    assert.equal(prune(halving, [9, 1.5], others), false);
    assert.equal(prune(halving, [9, 2.5], others), true);
    assert.equal(prune(halving, [9, 1.5, 9], others), false);
    assert.equal(prune(halving, [9, 1.5, 9, 9, 9, 4], others), false);
    assert.equal(prune(halving, [9, 1.5, 9, 9, 9, 6], others), true);
    assert.equal(prune(halving, [9, 3.5], others, 'maximize'), true);
    assert.equal(prune(halving, [9, 4.5], others, 'maximize'), false);
    assert.equal(prune(halving, [9, 100], []), false);
    // A trial that tells only every fifth step comes to rung 2 at step 5.
    const sparse = { step: 5, own: [[5, 3.5]] as const, others };
    assert.equal(shouldPrune(settingsOf({ direction: 'minimize', pruner: halving }).pruner, 'minimize', sparse), true);
  });
});
