import { randomUUID } from 'node:crypto';
import type { Facilities } from '@mlab/kernel';
import { jsonb, openDatabase, sql } from '@mlab/sql';
import { openTestDatabase, type TestDatabase } from '@mlab/sql/testing';
import { Client } from 'pg';

export interface GatewayDatabase extends AsyncDisposable {
  readonly url: string;
  readonly facilities: Facilities;
  /** Asks as the owner of everything. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

/** A database for the gateway's own tests. What it publishes goes to a table `told`, in the same transaction as an outbox would. */
export async function openGatewayDatabase(): Promise<GatewayDatabase> {
  const database: TestDatabase = await openTestDatabase();
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  const facilities: Facilities = {
    openDatabase: async (owner, migrations) => {
      const opened = await openDatabase(owner, { adminUrl: database.url, migrations });
      await admin.query(`CREATE TABLE IF NOT EXISTS ${opened.schema}.told (id uuid, type text, data jsonb)`);
      await admin.query(`GRANT ALL ON ${opened.schema}.told TO PUBLIC`);
      await admin.query(`SET search_path TO ${opened.schema}`);
      return opened;
    },
    openEvents: () =>
      Promise.resolve({
        events: {
          publish: async (tx, event, data) =>
            void (await tx.run(sql`INSERT INTO told (id, type, data) VALUES (${randomUUID()}, ${event.type}, ${jsonb(data)})`)),
          send: () => Promise.reject(new Error('no queues here')),
          request: () => Promise.reject(new Error('no queues here')),
        },
        consume: () => Promise.resolve(),
        stop: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
  return {
    url: database.url,
    facilities,
    query: async (text, values = []) => (await admin.query<Record<string, unknown>>(text, [...values])).rows,
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await database[Symbol.asyncDispose]();
    },
  };
}
