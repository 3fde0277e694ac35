import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { constant, logged } from './files.ts';
import { call, type Json, type TestServing } from './serving-for-test.ts';

const SWAPS = 100;
/** Two for each way of asking: each swap meets some questions of both. */
const ABREAST = 4;

export function swapping(serving: () => TestServing): void {
  const predict = (name: string, body: object = {}) =>
    serving().api(`POST /models/${name}/predict`, { rows: [{ x: 0 }, { x: 1 }], ...body });

  suite('swapping', () => {
    test('an alias that moves a hundred times under load: no question fails, no answer is of two versions', async () => {
      const { registry } = serving();
      // Version v says 1000 × v, and 1000 × v + 1.
      for (const version of [1, 2, 3]) {
        assert.equal(await serving().register('swapped', logged(constant(version * 1000))), version);
        await registry.approveVersion({ name: 'swapped', version }, call());
      }
      await registry.setAlias({ name: 'swapped', alias: 'champion', version: 1 }, call());
      const seen = new Map<number, number>();
      const over = new AbortController();
      const ask = async (asked: object): Promise<void> => {
        while (!over.signal.aborted) {
          const { status, body } = await predict('swapped', asked);
          assert.equal(status, 200, JSON.stringify(body));
          const values = body.predictions.map(({ prediction }: Json) => prediction);
          assert.deepEqual(values, [body.version * 1000, body.version * 1000 + 1]);
          seen.set(body.version, (seen.get(body.version) ?? 0) + 1);
          // The load is there to meet swaps, not to keep the registry from them.
          await delay(4);
        }
      };
      const asking = Array.from({ length: ABREAST }, (_, at) => ask(at % 2 === 0 ? {} : { alias: 'champion' }));
      try {
        for (let swap = 1; swap <= SWAPS; swap++) {
          const version = 1 + (swap % 3);
          await registry.setAlias({ name: 'swapped', alias: 'champion', version }, call());
          // Each tenth time it is waited for, so that every version answers.
          if (swap % 10 === 0)
            await serving().until(`version ${version} answers`, async () => (await predict('swapped')).body.version === version);
        }
      } finally {
        over.abort();
        await Promise.all(asking);
      }
      assert.deepEqual(
        [...seen.keys()].toSorted((a, b) => a - b),
        [1, 2, 3],
      );
      assert.ok(((await serving().metric('mlab_model_swaps_total{model="swapped"}')) ?? 0) >= 10);
    });

    test('a version that cannot be loaded leaves the one before in its place, and says so', async () => {
      const { registry } = serving();
      await serving().register('kept', logged(constant(5)));
      await serving().register('kept', logged(Buffer.from('no model')));
      for (const version of [1, 2]) await registry.approveVersion({ name: 'kept', version }, call());
      await registry.setAlias({ name: 'kept', alias: 'champion', version: 1 }, call());
      assert.equal((await predict('kept')).body.version, 1);
      await registry.setAlias({ name: 'kept', alias: 'champion', version: 2 }, call());
      const listed = async (): Promise<Json[]> =>
        (await serving().api('GET /models')).body.items.filter(({ model }: Json) => model === 'kept');
      await serving().until('the new version was tried', async () => {
        assert.equal((await predict('kept')).body.version, 1);
        return (await listed()).some(({ version, state }) => version === 2 && state === 'failed');
      });
      for (let again = 0; again < 20; again++) assert.equal((await predict('kept')).body.version, 1);
      assert.match((await listed()).find(({ version }) => version === 2).detail, /^kept@2 cannot be loaded: /);
      assert.equal(await serving().metric('mlab_model_loads_total{model="kept",version="2",outcome="failed"}'), 1);
    });

    test('what the registry no longer has is not answered any more, once that is heard', async () => {
      const { registry } = serving();
      await serving().register('gone', logged(constant(1)));
      await serving().register('gone', logged(constant(2)));
      assert.equal((await predict('gone')).body.version, 2);
      assert.equal((await predict('gone', { version: 1 })).body.version, 1);
      await registry.deleteVersion({ name: 'gone', version: 2 }, call());
      await serving().until('the version before answers', async () => (await predict('gone')).body.version === 1);
      await registry.deleteVersion({ name: 'gone', version: 1 }, call());
      await serving().until('nothing answers', async () => (await predict('gone')).status === 404);
      await serving().until('the version is not found', async () => (await predict('gone', { version: 1 })).status === 404);
    });
  });
}
