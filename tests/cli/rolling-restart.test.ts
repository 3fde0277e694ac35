import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testCli, until } from './cli-for-test.ts';

interface Load {
  readonly answers: () => number;
  /** Resolves with everything but a prediction that was answered. */
  stop(): Promise<readonly string[]>;
}

/** Clients that ask Service A for predictions one after the other. */
function ask(url: string, clients: number): Load {
  const failures: string[] = [];
  let answers = 0;
  const over = new AbortController();
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) {
      try {
        const body = JSON.stringify({ data: 'test input' });
        const response = await fetch(`${url}/process`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        const text = await response.text();
        answers += 1;
        if (response.status !== 200 || !text.includes('"prediction"')) failures.push(`${response.status} ${text}`);
      } catch (error) {
        failures.push(String(error));
      }
      // Clients with time to breathe, as people are; not a machine at its limit.
      await delay(20);
    }
  };
  const all = Array.from({ length: clients }, client);
  return {
    answers: () => answers,
    async stop() {
      over.abort();
      await Promise.all(all);
      return failures;
    },
  };
}

test('with the real platform: instances are found, fall, and are renewed without a request that fails', async () => {
  await using cli = await testCli();
  const up = await cli.run(['up', '--detach'], { MLAB_TOPOLOGY: cli.withDatabase, MLAB_PLATFORM_MAIN: '' });
  assert.equal(up.code, 0, up.err + up.out);
  assert.equal((await cli.run(['scale', 'predictor', '2'])).code, 0);
  const before = (await cli.ps()).processes.filter(({ process }) => process.startsWith('predictor'));

  const load = ask(`http://127.0.0.1:${cli.ports.gateway}`, 4);
  try {
    await until('it is under load', () => load.answers() > 50);
    const restart = await cli.run(['restart', 'predictor']);
    assert.equal(restart.code, 0, restart.err);
    const answered = load.answers();
    await until('it goes on under load', () => load.answers() > answered + 50);
    assert.equal((await cli.run(['scale', 'predictor', '1'])).code, 0);
    const after = load.answers();
    await until('one instance bears it', () => load.answers() > after + 50);
  } finally {
    assert.deepEqual(await load.stop(), []);
  }
  const { processes } = await cli.ps();
  for (const { pid } of before) assert.ok(!processes.some((now) => now.pid === pid));
});
