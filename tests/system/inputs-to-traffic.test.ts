import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openTestDatabase } from '@mlab/sql/testing';
import { processInput } from './ask.ts';
import { startHere } from './platform-here.ts';
import { startProcess } from './platform-process.ts';
import { waitUntil } from './wait.ts';

/** The processes of each placement: what is named twice runs twice. Those apart are real ones, the others stand in this one. */
const PLACEMENTS: Readonly<Record<string, { readonly targets: readonly string[]; readonly start: typeof startHere }>> = {
  'co-hosted': { targets: ['gateway,predictor,monitoring'], start: startHere },
  apart: { targets: ['predictor', 'gateway', 'monitoring'], start: startProcess },
  'two of each': { targets: ['predictor', 'predictor', 'monitoring', 'monitoring', 'gateway', 'gateway'], start: startHere },
};
const INPUTS = 120;

interface Traffic {
  readonly items: readonly { readonly inputs: number; readonly predictions: readonly { readonly count: number }[] }[];
}

interface Logged {
  readonly items: readonly { readonly data: string; readonly outcome: string; readonly class?: string }[];
  readonly next?: string;
}

for (const [placement, { targets, start }] of Object.entries(PLACEMENTS)) {
  describe(placement, () => {
    const stack = new AsyncDisposableStack();
    const urls: Record<string, string[]> = {};
    const get = async <T>(service: string, path: string): Promise<T> =>
      (await (await fetch(`${urls[service]?.at(-1)}${path}`)).json()) as T;

    before(async () => {
      const env = { DATABASE_URL: stack.use(await openTestDatabase()).url };
      for (const target of targets) {
        const process = stack.use(await start({ target, env }));
        for (const [name, url] of Object.entries(process.urls)) (urls[name] ??= []).push(url);
      }
    });
    after(() => stack.disposeAsync());

    test('every input is answered, is in the log, and is counted by monitoring once', async () => {
      const gateways = urls['gateway'] ?? [];
      await waitUntil('Service B is found', 5000, async () => (await processInput(gateways[0] ?? '', 'first')).status === 200);
      const before = (await get<Logged>('gateway', '/inputs?limit=1000')).items.length;
      const answers = await Promise.all(
        Array.from({ length: INPUTS }, (_, index) =>
          processInput(gateways[index % gateways.length] ?? '', { data: `input ${index}`, forward_to_model: index % 3 !== 0 }),
        ),
      );
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);

      // Any gateway shows what all of them have logged.
      const { items } = await get<Logged>('gateway', '/inputs?text=input&limit=1000');
      assert.deepEqual(items.map(({ data }) => data).toSorted(), Array.from({ length: INPUTS }, (_, index) => `input ${index}`).toSorted());
      assert.equal(items.filter(({ outcome }) => outcome === 'predicted').length, (INPUTS / 3) * 2);
      assert.ok(items.every(({ outcome, class: name }) => (outcome === 'predicted') === (name !== undefined)));

      let inputs = 0;
      let predictions = 0;
      await waitUntil('all are counted', 15_000, async () => {
        const traffic = await get<Traffic>('monitoring', '/traffic');
        inputs = traffic.items.reduce((sum, item) => sum + item.inputs, 0);
        predictions = traffic.items.flatMap((item) => item.predictions).reduce((sum, { count }) => sum + count, 0);
        return inputs >= before + INPUTS;
      });
      const { items: all } = await get<Logged>('gateway', '/inputs?limit=1000');
      assert.equal(inputs, all.length);
      assert.equal(predictions, all.filter(({ outcome }) => outcome === 'predicted').length);
    });
  });
}
