import { defineContract, defineService, event, operation, schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { sql } from '@mlab/sql';

/** How many accounts there are, each a key whose entries must arrive in their order. */
export const ACCOUNTS = 8;

const Entry = Type.Object({ account: Type.Integer(), n: Type.Integer() });

export const ledger = defineContract({
  name: 'ledger',
  title: 'Ledger',
  label: 'Ledger',
  description: 'Numbers the entries of each account, and tells each one in the transaction that makes it.',
  port: 0,
  wire: 'problem',
  operations: {
    enter: operation('POST /entries', {
      summary: 'Makes the next entry of an account',
      scope: 'ledger:enter',
      input: Type.Object({ account: Type.Integer() }),
      output: Entry,
    }),
  },
  events: { entered: event('ledger.entry-made@1', { summary: 'An entry was made', data: Entry }) },
});

export const ledgerService = defineService({
  contract: ledger,
  needs: {},
  config: schema(Type.Object({})),
  database: { migrations: new URL('ledger-migrations/', import.meta.url) },
  start({ database, events }) {
    return {
      handlers: {
        enter: ({ account }, call) =>
          database.transaction(call, async (tx) => {
            const n = await tx.first(
              sql`INSERT INTO account (account, n) VALUES (${account}, 1) ON CONFLICT (account) DO UPDATE SET n = account.n + 1 RETURNING n`,
              (row) => Number(row['n']),
            );
            const entry = { account, n: n ?? 0 };
            await tx.run(sql`INSERT INTO entry (account, n) VALUES (${entry.account}, ${entry.n})`);
            await events.publish(tx, ledger.events.entered, entry, { key: `account-${account}` });
            return entry;
          }),
      },
    };
  },
});
