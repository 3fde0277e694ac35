import { training } from '@mlab/contracts/training';
import type { CallMeta, Clock, Database, Events, JobQueuesOf, Transaction } from '@mlab/kernel';
import { trainerName, type KeptJob } from '#/domain/job.ts';
import type { jobs as declared } from '#/jobs.ts';
import { endJob, type JobEnd } from '#/store/jobs.ts';

export interface JobEndingOptions {
  readonly database: Database;
  readonly events: Events;
  readonly queues: JobQueuesOf<typeof declared>;
  readonly clock: Clock;
}

export interface JobEnding {
  /** Ends a job, tells so, and has its run ended. Undefined when it has ended already. */
  end(
    call: CallMeta,
    job: KeptJob,
    end: Omit<JobEnd, 'at'>,
    also?: (tx: Transaction, ended: KeptJob) => Promise<void>,
  ): Promise<KeptJob | undefined>;
}

/** What events about a job have in common. */
export const factsOf = (job: KeptJob, at: Date) => ({
  job: job.id,
  at: at.toISOString(),
  runId: job.runId,
  dataset: job.spec.dataset,
  trainer: trainerName(job.spec),
});

export function openJobEnding({ database, events, queues, clock }: JobEndingOptions): JobEnding {
  return {
    end: (call, job, end, also) =>
      database.transaction(call, async (tx) => {
        const at = clock.now();
        const ended = await endJob(tx, job.id, job.generation, { ...end, at });
        if (ended === undefined) return undefined;
        const { state, result, error } = end;
        const data = {
          ...factsOf(ended, at),
          state,
          ...(result === undefined ? {} : { result }),
          ...(error === undefined ? {} : { error }),
        };
        await events.publish(tx, training.events.jobFinished, data, { subject: job.id, key: job.id });
        // A job that never began has no run; one that succeeded has ended its run itself.
        if (state !== 'succeeded' && ended.startedAt !== undefined)
          await queues.endRun.send(
            tx,
            { runId: job.runId, status: state === 'failed' ? 'FAILED' : 'KILLED', endMs: at.getTime() },
            { key: job.runId },
          );
        await also?.(tx, ended);
        return ended;
      }),
  };
}
