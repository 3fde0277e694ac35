import { job } from '@mlab/kernel';
import { Type } from '@mlab/schema';

const DAY_MS = 86_400_000;
/** A worker that is killed costs an attempt; what is wrong with the data or the model ends a job at its first. */
const retry = { limit: 50, delayMs: 250, maxDelayMs: 30_000 };
/** Threads train, and the process stays awake meanwhile. */
const LEASE_MS = 6000;
/** Taken by one process; who is beyond what MLAB_TRAINING_JOBS_AT_ONCE says waits there in turn. All others are for other processes. */
const CONCURRENCY = 4;

export const jobs = {
  train: job({
    summary: 'Trains, tracks and registers one model',
    input: Type.Object({ job: Type.String(), generation: Type.Integer() }),
    output: Type.Object({}),
    retry,
    timeoutMs: 7 * DAY_MS,
    leaseMs: LEASE_MS,
    concurrency: CONCURRENCY,
  }),
  search: job({
    summary: 'Makes the trials of a study, and trains with the best',
    input: Type.Object({ study: Type.String() }),
    output: Type.Object({}),
    retry,
    timeoutMs: 14 * DAY_MS,
    leaseMs: LEASE_MS,
    concurrency: CONCURRENCY,
  }),
  endRun: job({
    summary: 'Ends the tracked run of a job or a study that has failed or was cancelled',
    input: Type.Object({
      runId: Type.String(),
      status: Type.Unsafe<'FAILED' | 'KILLED'>({ type: 'string', enum: ['FAILED', 'KILLED'] }),
      endMs: Type.Integer(),
    }),
    output: Type.Object({}),
    retry: { limit: 20, delayMs: 1000, maxDelayMs: 300_000 },
    timeoutMs: 60_000,
    concurrency: 2,
  }),
  reconcile: job({
    summary: 'Ends jobs and studies whose worker has been given up',
    input: Type.Object({}),
    output: Type.Object({ ended: Type.Integer() }),
    cron: '*/5 * * * *',
  }),
};
