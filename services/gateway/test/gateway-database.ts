import { randomUUID } from 'node:crypto';
import type { Facilities } from '@mlab/kernel';
import { jsonb, openDatabase, sql } from '@mlab/sql';
import { openTestDatabase, type TestDatabase } from '@mlab/sql/testing';
import { Client } from 'pg';
import { openCuttableWay, type CuttableWay } from './cut-connection.ts';

export interface GatewayDatabase extends AsyncDisposable {
  /** Between the gateway and the database. */
  readonly way: CuttableWay;
  readonly facilities: Facilities;
  /** Asks as the owner of everything. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

/** A database for the gateway's own tests. What it publishes goes to a table `told`, in the same transaction as an outbox would. */
export async function openGatewayDatabase(): Promise<GatewayDatabase> {
  const database: TestDatabase = await openTestDatabase();
  const direct = new URL(database.url);
  const way = await openCuttableWay(direct.hostname, Number(direct.port));
  const adminUrl = new URL(database.url);
  adminUrl.hostname = '127.0.0.1';
  adminUrl.port = String(way.port);
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  const facilities: Facilities = {
    openDatabase: async (owner, migrations) => {
      const opened = await openDatabase(owner, { adminUrl: adminUrl.href, migrations });
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
    way,
    facilities,
    query: async (text, values = []) => (await admin.query<Record<string, unknown>>(text, [...values])).rows,
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await way[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
