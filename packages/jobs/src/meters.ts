import type { Owner, Queryable } from '@mlab/kernel';
import { DurationHistogram, Gauge } from '@mlab/telemetry';
import type { Counted, JobStore } from '#/store/jobs.ts';

/** `lost`: the worker was not heard of, or came too late; `given-back`: the process ended first. */
export type Ending = 'succeeded' | 'retrying' | 'failed' | 'cancelled' | 'given-back' | 'lost';

export interface Meters {
  ended(kind: string, ending: Ending, ms: number): void;
}

export interface MetersOptions {
  readonly owner: Owner;
  readonly store: JobStore;
  readonly kinds: readonly string[];
  readonly db: () => Queryable;
}

/** What is counted of jobs. How many wait and run is asked of the database when somebody looks, and holds for all processes. */
export function openMeters({ owner, store, kinds, db }: MetersOptions): Meters {
  const { registry } = owner.telemetry.metrics;
  const durations = new DurationHistogram({
    name: 'mlab_job_duration_seconds',
    help: 'Time from the beginning of an attempt at a job to its end, by kind and by how it ended. Its _count is the number of attempts.',
    registry,
  });
  let counting: Promise<readonly Counted[]> | undefined;
  /** Once for the gauges that are shown together. Without the database there are no numbers, and no error of all other metrics either. */
  const count = (): Promise<readonly Counted[]> =>
    (counting ??= store
      .count(db(), kinds)
      .catch(() => [])
      .finally(() => (counting = undefined)));
  const gauge = (name: string, help: string, value: (counted: Counted) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['job'],
      registers: [registry],
      async collect() {
        const all = await count();
        this.reset();
        for (const counted of all) this.set({ job: counted.kind }, value(counted));
      },
    });
  };
  gauge('mlab_jobs_waiting', 'Jobs that wait for their first or next attempt.', ({ waiting }) => waiting);
  gauge('mlab_jobs_running', 'Jobs that run, in whichever process.', ({ running }) => running);
  gauge(
    'mlab_jobs_oldest_waiting_seconds',
    'For how long the job that has waited longest could have begun; 0 when none waits.',
    ({ oldestSeconds }) => oldestSeconds,
  );
  return { ended: (kind, ending, ms) => durations.labelled({ job: kind, ending }).observe(ms / 1000) };
}
