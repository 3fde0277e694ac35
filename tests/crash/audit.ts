import { defineContract, defineService, schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { sql } from '@mlab/sql';
import { ledger } from './ledger.ts';

const audit = defineContract({
  name: 'audit',
  title: 'Audit',
  label: 'Audit',
  description: 'Writes down every entry that it hears of.',
  port: 0,
  wire: 'problem',
  operations: {},
});

export const auditService = defineService({
  contract: audit,
  needs: {},
  config: schema(Type.Object({})),
  database: { migrations: new URL('audit-migrations/', import.meta.url) },
  consumes: { entered: ledger.events.entered },
  start: () => ({
    handlers: {},
    consumers: {
      entered: async ({ data: { account, n } }, { tx }) =>
        void (await tx.run(sql`INSERT INTO seen (account, n) VALUES (${account}, ${n})`)),
    },
  }),
});
