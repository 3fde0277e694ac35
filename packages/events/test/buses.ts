import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { EventsSettings } from '@mlab/events';
import { openTestDatabase } from '@mlab/sql/testing';
import { natsServerOnPath, startNatsServer } from './nats-server.ts';

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

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

export const postgres: BusKind = {
  name: 'postgres',
  open: async () => {
    const stack = new AsyncDisposableStack();
    const { url: adminUrl } = stack.use(await openTestDatabase());
    const elsewhere = new URL(adminUrl);
    const database = elsewhere.pathname.slice(1);
    elsewhere.pathname = '/template1';
    return {
      adminUrl,
      settings: { bus: 'postgres' },
      query: (text) => query(adminUrl, text),
      outage: async (ms) => {
        await query(
          elsewhere.href,
          `ALTER DATABASE ${database} ALLOW_CONNECTIONS false;
           SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
        );
        await pause(ms);
        await query(elsewhere.href, `ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
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
      const { url: adminUrl } = stack.use(await openTestDatabase());
      const server = program === undefined ? undefined : stack.use(await startNatsServer(program));
      const natsUrl = server?.url ?? process.env['NATS_URL'] ?? '';
      return {
        adminUrl,
        settings: { bus: 'nats', natsUrl, natsStream: `test_${randomBytes(6).toString('hex')}` },
        query: (text) => query(adminUrl, text),
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
