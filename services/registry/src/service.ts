import { randomUUID } from 'node:crypto';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { openRegistry } from '#/open-registry.ts';
import { jobs } from '#/webhooks/jobs.ts';

export const service = defineService({
  contract: registry,
  needs: { tracking },
  config,
  database: { migrations: new URL('../migrations/', import.meta.url) },
  jobs,
  start: ({ config, clients, database, events, jobs, metrics, clock, random }) =>
    openRegistry({ config, tracking: clients.tracking, database, events, jobs, metrics, clock, random, newId: randomUUID }),
});
