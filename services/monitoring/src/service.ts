import { gateway } from '@mlab/contracts/gateway';
import { monitoring } from '@mlab/contracts/monitoring';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { consumers } from '#/consumers.ts';
import { handlers } from '#/handlers.ts';

export const service = defineService({
  contract: monitoring,
  needs: {},
  consumes: { inputsLogged: gateway.events.inputsLogged },
  config,
  database: { migrations: new URL('../migrations/', import.meta.url) },
  start: ({ config, database, clock }) => ({
    handlers: handlers({ database, clock }),
    consumers: consumers({ keepDays: config.keepDays, clock }),
  }),
});
