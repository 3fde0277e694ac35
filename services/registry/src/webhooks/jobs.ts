import { job } from '@mlab/kernel';
import { Type } from '@mlab/schema';

/** Attempts are counted with the delivery: an attempt that fails makes the job of the next one. A job itself fails when its process is killed. */
export const jobs = {
  deliverWebhook: job({
    summary: 'One attempt to deliver a message to a webhook',
    input: Type.Object({ delivery: Type.String() }),
    output: Type.Object({}),
    retry: { limit: 1000, delayMs: 1000, maxDelayMs: 60_000 },
    timeoutMs: 60_000,
    concurrency: 8,
  }),
  tidyDeliveries: job({
    summary: 'Forgets deliveries that have ended long ago',
    input: Type.Object({}),
    output: Type.Object({ forgotten: Type.Integer() }),
    cron: '17 3 * * *',
  }),
};
