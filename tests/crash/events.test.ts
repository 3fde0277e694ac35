import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEmbedded, type EmbeddedServer } from '@mlab/sql/embedded';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { keepAlive, type Kept } from './keep-alive.ts';
import { natsIsInstalled, startNats, type NatsServer } from './nats-server.ts';
import { openRandom } from './random.ts';

/** `npm run test:crash` sets 1,000. */
const ROUNDS = Number(process.env['MLAB_CRASH_ROUNDS'] ?? 4);
const SEED = Number(process.env['MLAB_CRASH_SEED'] ?? Date.now() % 1_000_000);
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const SETTLES_WITHIN_MS = 120_000;

const BUSES = natsIsInstalled() ? (['postgres', 'nats'] as const) : (['postgres'] as const);

/** One for all buses, each with a database of its own in it. */
let postgres: EmbeddedServer;
const port = await freePort();
const clusterFolder = await mkdtemp(join(tmpdir(), 'mlab-crash-'));
const startPostgres = async (): Promise<void> => void (postgres = await startEmbedded({ folder: clusterFolder, port }));
before(startPostgres);
after(async () => {
  await postgres.kill();
  await rm(clusterFolder, { recursive: true, force: true });
});

for (const bus of BUSES) {
  test(`${bus}: ${ROUNDS} times a random process is killed; nothing is lost, nothing applied twice, order per key kept`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'mlab-crash-'));
    const random = openRandom(SEED);
    // Removed when nobody writes to it any more.
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const world = stack.use(await openWorld(folder, bus));
    const killed: Record<string, number> = {};
    for (let round = 0; round < ROUNDS; round++) {
      await world.moves();
      await delay(random() * 150);
      const victim = choose(random(), bus);
      killed[victim] = (killed[victim] ?? 0) + 1;
      await world.kill(victim, random);
    }
    const found = await world.settle();
    t.diagnostic(`seed ${SEED}; killed ${JSON.stringify(killed)}; ${JSON.stringify(found)}`);
    assert.deepEqual(found, { entries: found.entries, applied: found.entries, lost: 0, twice: 0, outOfTurn: 0 });
    assert.ok(found.entries > ROUNDS, `only ${found.entries} entries were made`);
  });
}

type Victim = 'publisher' | 'consumer' | 'postgres' | 'nats' | 'everything';

function choose(chance: number, bus: (typeof BUSES)[number]): Victim {
  if (chance < 0.38) return 'publisher';
  if (chance < 0.76) return 'consumer';
  if (chance < 0.9) return 'postgres';
  if (chance < 0.96) return bus === 'nats' ? 'nats' : 'postgres';
  return 'everything';
}

interface Found {
  readonly entries: number;
  readonly applied: number;
  readonly lost: number;
  readonly twice: number;
  readonly outOfTurn: number;
}

interface World extends AsyncDisposable {
  /** Waits until an entry was made and one was applied since the last call. */
  moves(): Promise<void>;
  kill(victim: Victim, random: () => number): Promise<void>;
  /** Lets publishers end, waits until all is applied, and compares. */
  settle(): Promise<Found>;
}

async function openWorld(folder: string, bus: (typeof BUSES)[number]): Promise<World> {
  const databaseUrl = await makeDatabase(bus);
  const nats: NatsServer | undefined = bus === 'nats' ? await startNats(join(folder, 'nats'), await freePort()) : undefined;
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    MLAB_HOME: folder,
    MLAB_EVENTS_BUS: bus,
    // Each kill counts as an attempt at what was under way; none of it is to become a dead letter.
    MLAB_EVENTS_MAX_ATTEMPTS: '1000',
    // A process is started for each one that is killed.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(folder, 'compiled'),
    ...(nats === undefined ? {} : { NATS_URL: nats.url }),
  };
  const begin = (kind: string): Kept => keepAlive(() => fork(WORKER, [kind], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }));
  // A consumer hears what is published after its first start, so it comes first.
  const consumers = [begin('audit')];
  await consumers[0]?.ready();
  const publishers = [begin('ledger'), begin('ledger')];
  consumers.push(begin('audit'));
  await Promise.all([...publishers, ...consumers].map((worker) => worker.ready()));

  let client: Client | undefined;
  const query = async <T>(text: string): Promise<T[]> => {
    for (;;) {
      try {
        client ??= await connect(databaseUrl);
        return (await client.query(text)).rows as T[];
      } catch (error) {
        if (!/ECONN|terminat|starting up|shutting down|recovery|not queryable/.test(String(error))) throw error;
        client = undefined;
        await delay(50);
      }
    }
  };
  const counts = async (): Promise<{ made: number; applied: number }> => {
    const [row] = await query<{ made: string; applied: string }>(
      'SELECT (SELECT count(*) FROM ledger.entry) AS made, (SELECT count(*) FROM audit.seen) AS applied',
    );
    return { made: Number(row?.made), applied: Number(row?.applied) };
  };
  let before = { made: 0, applied: 0 };

  return {
    async moves() {
      const limit = performance.now() + 60_000;
      for (;;) {
        const now = await counts();
        if (now.made > before.made && now.applied > before.applied) {
          before = now;
          return;
        }
        assert.ok(performance.now() < limit, `nothing moves: ${JSON.stringify({ before, now })}`);
        await delay(25);
      }
    },
    async kill(victim, random) {
      if (victim === 'publisher' || victim === 'consumer') {
        const of = victim === 'publisher' ? publishers : consumers;
        return of[Math.floor(random() * of.length)]?.kill();
      }
      if (victim === 'nats') {
        await nats?.kill();
        return nats?.start();
      }
      const others = victim === 'everything' ? [...publishers, ...consumers, ...(nats === undefined ? [] : [nats])] : [];
      await Promise.all([postgres, ...others].map((one) => one.kill()));
      await startPostgres();
      if (victim === 'everything') await nats?.start();
    },
    async settle() {
      await Promise.all(publishers.map((publisher) => publisher.end()));
      // What was made and not told yet is told by the next publisher that starts; this one makes no more.
      publishers.push(keepAlive(() => fork(WORKER, ['ledger', 'quiet'], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })));
      const limit = performance.now() + SETTLES_WITHIN_MS;
      for (;;) {
        const { made, applied } = await counts();
        if (applied >= made || performance.now() > limit) break;
        await delay(100);
      }
      const [row] = await query<Record<keyof Found, string>>(`
        SELECT (SELECT count(*) FROM ledger.entry) AS entries,
               (SELECT count(*) FROM audit.seen) AS applied,
               (SELECT count(*) FROM (SELECT account, n FROM ledger.entry EXCEPT SELECT account, n FROM audit.seen) l) AS lost,
               (SELECT count(*) FROM (SELECT account, n FROM audit.seen GROUP BY account, n HAVING count(*) > 1) d) AS twice,
               (SELECT count(*) FROM (SELECT n, lag(n) OVER (PARTITION BY account ORDER BY seq) AS previous FROM audit.seen) o
                 WHERE n <> coalesce(previous, 0) + 1) AS "outOfTurn"`);
      return Object.fromEntries(Object.entries(row ?? {}).map(([key, value]) => [key, Number(value)])) as unknown as Found;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...publishers, ...consumers].map((worker) => worker.end()));
      await nats?.[Symbol.asyncDispose]();
      await client?.end();
    },
  };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function makeDatabase(name: string): Promise<string> {
  const url = new URL(postgres.url);
  const admin = await connect(url.href);
  await admin.query(`CREATE DATABASE crash_${name}`);
  await admin.end();
  url.pathname = `/crash_${name}`;
  return url.href;
}
