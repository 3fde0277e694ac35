import { AppError, type JobRun } from '@mlab/kernel';
import type { Study as Search } from '@mlab/learning';
import { isOver } from '#/domain/job.ts';
import type { KeptStudy } from '#/domain/study.ts';
import { findJob } from '#/store/jobs.ts';
import { findStudy, refitStudy } from '#/store/studies.ts';
import { bestTrial } from '#/store/trials.ts';
import type { StudyJobOptions } from './run-study.ts';

const POLL_MS = 200;

/** Has a job train with the best hyperparameters, on all rows that are not held back. It is made once. */
export async function refit({ database, trainingJobs }: StudyJobOptions, study: KeptStudy, search: Search, run: JobRun): Promise<void> {
  const { best } = search;
  if (best === undefined) throw new AppError('invalid', 'The study has no trial to train with.');
  const importance = Object.entries(search.importance())
    .map(([param, value]) => ({ param, value }))
    .toSorted((a, b) => b.value - a.value);
  const spec = { ...study.spec, params: { ...study.spec.params, ...best.params } };
  await database.transaction(run.call, async (tx) => {
    const job = await trainingJobs.createIn(tx, { spec, key: `study ${study.id}, ${search.trials.length} trials`, studyId: study.id });
    await refitStudy(tx, study.id, job.id, importance);
  });
}

/** Until that job has ended; throws why, when it has not succeeded. */
export async function untilRefitted(
  { database, clock }: StudyJobOptions,
  id: string,
  run: JobRun,
): Promise<{ readonly best: Readonly<Record<string, unknown>>; readonly job: string }> {
  for (;;) {
    run.signal.throwIfAborted();
    const db = database.for(run.call);
    const study = await findStudy(db, id);
    const job = study?.jobId === undefined ? undefined : await findJob(db, study.jobId);
    if (study === undefined || job === undefined)
      throw new AppError('not_found', 'The job that trains with the best hyperparameters is gone.');
    if (job.state === 'succeeded') {
      const best = study.direction === undefined ? undefined : await bestTrial(db, study.seq, study.direction);
      return { best: { ...best?.params }, job: job.id };
    }
    if (isOver(job.state))
      throw new AppError('invalid', `The job ${job.id}, which trains with the best hyperparameters, has ${job.state}: ${job.error ?? ''}`);
    await new Promise<void>((resolve) => clock.schedule(POLL_MS, resolve));
  }
}
