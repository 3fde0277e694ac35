import type { AnyJob, Jobs, Owner } from '@mlab/kernel';
import { openCheck, type CheckValue } from '#/check.ts';

/** One kind of job, with what follows from its declaration. */
export interface Kind {
  readonly name: string;
  readonly job: AnyJob;
  readonly checkInput: CheckValue;
  readonly checkOutput: CheckValue;
  readonly leaseMs: number;
  readonly concurrency: number;
}

export type Kinds = ReadonlyMap<string, Kind>;

const LEASE_MS = 15_000;

/** Throws a sentence for a declaration that cannot be kept. */
export function readKinds({ name: owner }: Owner, jobs: Jobs): Kinds {
  return new Map(
    Object.entries(jobs).map(([name, job]) => {
      const { leaseMs = LEASE_MS, concurrency = 1, globalConcurrency = 1, timeoutMs = 1, retry = {} } = job;
      for (const [setting, value] of Object.entries({ leaseMs, concurrency, globalConcurrency, timeoutMs, ...retry }))
        if (!Number.isSafeInteger(value) || value < (setting === 'limit' ? 0 : 1) || value > LARGEST)
          throw new Error(
            `The job ${name} of ${owner} has ${setting} ${value}: it takes a whole number from ${setting === 'limit' ? 0 : 1} to ${LARGEST}.`,
          );
      const kind = {
        name,
        job,
        checkInput: openCheck(`The input of the job ${name}`, 'input', job.input),
        checkOutput: openCheck(`The output of the job ${name}`, 'output', job.output),
        leaseMs,
        concurrency,
      };
      if (job.cron !== undefined) checkEmptyInput(owner, kind);
      return [name, kind];
    }),
  );
}

/** What an integer column holds, and a timer of Node: 24 days in milliseconds. */
const LARGEST = 2 ** 31 - 1;

function checkEmptyInput(owner: string, { name, checkInput }: Kind): void {
  try {
    checkInput({});
  } catch (error) {
    throw new Error(`The job ${name} of ${owner} has a cron expression, and so runs with the input {}, which it does not take.`, {
      cause: error,
    });
  }
}
