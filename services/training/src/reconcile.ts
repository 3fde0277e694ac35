import type { CallMeta, Clock, Database, JobQueuesOf, JobRun } from '@mlab/kernel';
import type { jobs as declared } from '#/jobs.ts';
import { listOpenJobs } from '#/store/jobs.ts';
import { listOpenStudies } from '#/store/studies.ts';
import type { StudyEnding } from '#/studies/study-ending.ts';
import type { JobEnding } from '#/train/job-ending.ts';

export interface ReconcileOptions {
  readonly database: Database;
  readonly queues: JobQueuesOf<typeof declared>;
  readonly clock: Clock;
  readonly ending: JobEnding;
  readonly studyEnding: StudyEnding;
}

/** What has just been asked for may not be in its queue yet. */
const SETTLED_MS = 60_000;

/** Ends what nobody works on any more: its queue has given it up, because one worker after another was killed by it. */
export function openReconcile({ database, queues, clock, ending, studyEnding }: ReconcileOptions) {
  const givenUp = async (queue: 'train' | 'search', call: CallMeta, queueId: string | undefined): Promise<string | undefined> => {
    if (queueId === undefined) return undefined;
    const found = await queues[queue].find(call, queueId);
    if (found === undefined) return 'What was queued for it is gone.';
    return found.state === 'failed' ? (found.error ?? 'It was given up.') : undefined;
  };

  return async (_input: object, { call }: JobRun): Promise<{ ended: number }> => {
    const before = new Date(clock.now().getTime() - SETTLED_MS);
    let ended = 0;
    for (const job of await listOpenJobs(database.for(call), before)) {
      const error = await givenUp('train', call, job.queueId);
      if (error !== undefined && (await ending.end(call, job, { state: 'failed', error })) !== undefined) ended++;
    }
    for (const study of await listOpenStudies(database.for(call), before)) {
      const error = await givenUp('search', call, study.queueId);
      if (error !== undefined && (await studyEnding.end(call, study, { state: 'failed', error })) !== undefined) ended++;
    }
    return { ended };
  };
}
