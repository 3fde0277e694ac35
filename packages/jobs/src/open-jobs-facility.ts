import type { Facilities } from '@mlab/kernel';
import type { SystemMigrations } from '@mlab/sql';
import { openJobs, type OpenJobsOptions } from '#/open-jobs.ts';

export interface JobsFacility extends AsyncDisposable {
  readonly openJobs: NonNullable<Facilities['openJobs']>;
  /** What jobs need in the schema of each service; `openDatabase` applies it. */
  readonly systemMigrations: SystemMigrations;
}

/** Durable jobs for the services of a process, kept by pg-boss in the database that `DATABASE_URL` names. */
export function openJobsFacility(options: OpenJobsOptions): JobsFacility {
  return {
    openJobs: (owner, database, jobs) => openJobs(options, owner, database, jobs),
    systemMigrations: { owner: 'jobs', folder: new URL('../migrations/', import.meta.url) },
    // Nothing is shared: what was opened for a service is closed with it.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
