import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { eventsMigrations, type EventsSettings } from '@mlab/events';
import { openDatabase } from '@mlab/sql';
import { openTestDatabase, testOwner } from '@mlab/sql/testing';
import { natsServerOnPath, startNatsServer } from './nats-server.ts';
import { listener, packer, shop } from './shop.ts';
import { migrations, openProcess, settingsOf } from './stage.ts';

/** A database and a bus of one kind, for one test. */
export interface TestBus extends AsyncDisposable {
  readonly adminUrl: string;
  readonly settings: Partial<EventsSettings>;
  /** Takes the bus away and brings it back after so long. Undefined where the server is not ours to stop. */
  readonly outage: ((ms: number) => Promise<void>) | undefined;
  /** As a login that may do everything. */
  readonly query: (text: string) => Promise<readonly Record<string, unknown>[]>;
}

export interface BusKind {
  readonly name: 'postgres' | 'nats';
  open(): Promise<TestBus>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One connection for all that a test asks, since most of it is asked again and again; a further one after an outage. */
function openAdmin(url: string): AsyncDisposable & { readonly query: TestBus['query'] } {
  let connecting: Promise<Client> | undefined;
  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: url });
    const lost = (): void => void (connecting = undefined);
    client.on('error', lost).on('end', lost);
    try {
      await client.connect();
    } catch (error) {
      lost();
      throw error;
    }
    return client;
  }
  return {
    query: async (text) => (await (await (connecting ??= connect())).query<Record<string, unknown>>(text)).rows,
    [Symbol.asyncDispose]: async () => (await connecting)?.end(),
  };
}

/** What each test would else make anew: the tables of those whom it is about. Nobody has begun to tell or to hear. */
async function prepare(adminUrl: string): Promise<void> {
  await using _facility = await openProcess(adminUrl, settingsOf({ bus: 'postgres' }));
  for (const { name } of [shop, listener, packer]) {
    await using _opened = await openDatabase(await testOwner(name), { adminUrl, systemMigrations: [eventsMigrations], migrations });
  }
}

export const postgres: BusKind = {
  name: 'postgres',
  open: async () => {
    const stack = new AsyncDisposableStack();
    const { url: adminUrl } = stack.use(await openTestDatabase(prepare));
    const elsewhere = new URL(adminUrl);
    const database = elsewhere.pathname.slice(1);
    elsewhere.pathname = '/template1';
    return {
      adminUrl,
      settings: { bus: 'postgres' },
      query: stack.use(openAdmin(adminUrl)).query,
      outage: async (ms) => {
        await using admin = openAdmin(elsewhere.href);
        await admin.query(
          `ALTER DATABASE ${database} ALLOW_CONNECTIONS false;
           SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
        );
        await pause(ms);
        await admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  },
};

function nats(program: string | undefined): BusKind {
  return {
    name: 'nats',
    open: async () => {
      const stack = new AsyncDisposableStack();
      const { url: adminUrl } = stack.use(await openTestDatabase(prepare));
      const server = program === undefined ? undefined : stack.use(await startNatsServer(program));
      const natsUrl = server?.url ?? process.env['NATS_URL'] ?? '';
      return {
        adminUrl,
        settings: { bus: 'nats', natsUrl, natsStream: `test_${randomBytes(6).toString('hex')}` },
        query: stack.use(openAdmin(adminUrl)).query,
        outage:
          server === undefined
            ? undefined
            : async (ms) => {
                await server.stop();
                await pause(ms);
                await server.start();
              },
        [Symbol.asyncDispose]: () => stack.disposeAsync(),
      };
    },
  };
}

/** NATS where there is one: a server of our own, or the one of NATS_URL. */
export const natsIfPresent: BusKind | undefined = (() => {
  const program = natsServerOnPath();
  return program === undefined && process.env['NATS_URL'] === undefined ? undefined : nats(program);
})();
