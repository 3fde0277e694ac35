import { schema } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';

const settings = Type.Object({
  pollMs: Type.Integer({
    default: 2000,
    minimum: 20,
    maximum: 60_000,
    description: 'How often a service looks for jobs that others have sent, in milliseconds',
  }),
  watchMs: Type.Integer({
    default: 1000,
    minimum: 20,
    maximum: 5000,
    description: 'How often running jobs are looked up, so that one that was cancelled elsewhere is told, in milliseconds',
  }),
  drainMs: Type.Integer({
    default: 5000,
    minimum: 0,
    description: 'How long running jobs may go on when a service stops, before they are given to another worker, in milliseconds',
  }),
  succeededDays: Type.Number({ default: 7, exclusiveMinimum: 0, description: 'How long a job that succeeded stays visible, in days' }),
  endedDays: Type.Number({
    default: 14,
    exclusiveMinimum: 0,
    description: 'How long a job that failed or was cancelled stays visible and can be retried, in days',
  }),
});

export type JobsSettings = Static<typeof settings>;

/** Read with `readConfig('jobs', …)`: the variables begin with `MLAB_JOBS_`. */
export const jobsSettings = schema(settings);
