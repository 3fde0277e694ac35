import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbedded } from '@mlab/sql/embedded';
import { Pool } from 'undici';
import { startProcess, type PlatformProcess } from '../system/platform-process.ts';
import { freePort } from './free-port.ts';
import { openRandom } from './random.ts';

const ROUNDS = Math.max(4, Math.ceil(Number(process.env['MLAB_CRASH_ROUNDS'] ?? 0) / 10));
const SEED = Number(process.env['MLAB_CRASH_SEED'] ?? Date.now() % 1_000_000);
const CONNECTIONS = 16;
const INPUTS_PER_ROUND = 500;
/** Some hundreds of inputs a second, of which there are always some under way: more would only take the machine from those that restart. */
const PAUSE_MS = 20;

test(`an input answered 200 is in the log after gateway and PostgreSQL are killed at any moment, ${ROUNDS} times`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mlab-crash-'));
  const random = openRandom(SEED);
  const [databasePort, gatewayPort] = [await freePort(), await freePort()];
  let postgres = await startEmbedded({ folder: join(folder, 'postgres'), port: databasePort });
  await using predictor = await startProcess({ target: 'predictor' });
  const start = (): Promise<PlatformProcess> =>
    startProcess({
      target: 'gateway',
      ports: { gateway: gatewayPort },
      env: {
        DATABASE_URL: postgres.url,
        MLAB_HOME: folder,
        SERVICE_B_URL: `${predictor.urls['predictor']}/predict`,
        MLAB_LOG_LEVEL: 'error',
      },
    });
  let gateway = await start();
  const url = `http://127.0.0.1:${gatewayPort}`;
  const load = startInputs(url);
  for (let round = 0; round < ROUNDS; round++) {
    const known = load.accepted.length;
    await until('inputs are accepted again', () => load.accepted.length > known + INPUTS_PER_ROUND);
    await delay(random() * 300);
    const both = random();
    if (both < 0.7) await gateway.kill();
    if (both > 0.4) {
      await postgres.kill();
      postgres = await startEmbedded({ folder: join(folder, 'postgres'), port: databasePort });
    }
    if (both < 0.7) gateway = await start();
  }
  const accepted = await load.stop();
  const logged = await readLog(url);
  const lost = accepted.filter((data) => !logged.has(data));
  const twice = [...logged].filter(([, count]) => count > 1);
  t.diagnostic(`seed ${SEED}; ${accepted.length} inputs answered 200 of ${load.sent()} sent, ${logged.size} in the log`);
  assert.deepEqual(lost.slice(0, 5), [], `${lost.length} of ${accepted.length} are lost`);
  assert.deepEqual(twice.slice(0, 5), []);
  assert.ok(accepted.length > ROUNDS * INPUTS_PER_ROUND);
  await gateway.kill();
  await postgres.kill();
  await rm(folder, { recursive: true, force: true });
});

interface Inputs {
  readonly accepted: readonly string[];
  readonly sent: () => number;
  stop(): Promise<readonly string[]>;
}

/** Inputs that are all different, every other one forwarded to the model. */
function startInputs(url: string): Inputs {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1, headersTimeout: 10_000, bodyTimeout: 10_000 });
  const accepted: string[] = [];
  const state = { going: true };
  let sent = 0;
  const one = async (): Promise<void> => {
    while (state.going) {
      const data = `input ${sent++}`;
      const body = JSON.stringify({ data, forward_to_model: sent % 2 === 0 });
      try {
        const answer = await pool.request({ method: 'POST', path: '/process', headers: { 'content-type': 'application/json' }, body });
        await answer.body.dump();
        if (answer.statusCode === 200) accepted.push(data);
      } catch {
        // Nobody knows whether it is in the log.
      }
      await delay(PAUSE_MS);
    }
  };
  const loops = Array.from({ length: CONNECTIONS }, one);
  return {
    accepted,
    sent: () => sent,
    stop: async () => {
      state.going = false;
      await Promise.all(loops);
      await pool.destroy();
      return accepted;
    },
  };
}

/** How often each text is in the log. */
async function readLog(url: string): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${url}/inputs/export?format=ndjson`);
  assert.equal(answer.status, 200);
  const counts = new Map<string, number>();
  for (const line of (await answer.text()).split('\n').filter((text) => text !== '')) {
    const { data } = JSON.parse(line) as { data: string };
    counts.set(data, (counts.get(data) ?? 0) + 1);
  }
  return counts;
}

async function until(what: string, seen: () => boolean): Promise<void> {
  const limit = performance.now() + 60_000;
  while (!seen()) {
    assert.ok(performance.now() < limit, `not within a minute: ${what}`);
    await delay(10);
  }
}
