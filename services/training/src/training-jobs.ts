import { createHash } from 'node:crypto';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import { AppError, type CallMeta, type Clock, type Database, type JobQueuesOf, type Objects, type Transaction } from '@mlab/kernel';
import { trainers } from '@mlab/learning';
import type { Config } from '#/config.ts';
import { checkSpec } from '#/domain/check-spec.ts';
import { checkPlace } from '#/domain/place.ts';
import { isOver, WAITING, type KeptJob } from '#/domain/job.ts';
import { absent } from '#/domain/refuse.ts';
import type { jobs as declared } from '#/jobs.ts';
import { findDescription, lockDataset } from '#/store/datasets.ts';
import { deleteJob, findJob, findJobByKey, insertJob, listJobs, lockJob, queueJob, restartJob, type JobFilter } from '#/store/jobs.ts';
import type { JobEnding } from '#/train/job-ending.ts';
import type { Described } from '#/worker/messages.ts';
import { deleteKept } from '#/train/kept-files.ts';

export interface TrainingJobsOptions {
  readonly database: Database;
  readonly objects: Objects;
  readonly queues: JobQueuesOf<typeof declared>;
  readonly clock: Clock;
  readonly ending: JobEnding;
  /** Whether a command may be a trainer, and where programs run. */
  readonly config: Pick<Config, 'commands' | 'executor' | 'trainersRun'>;
  readonly newId: () => string;
  /** 32 hexadecimal characters. */
  readonly newRunId: () => string;
}

export interface NewTraining {
  readonly spec: TrainingSpec;
  readonly key?: string | undefined;
  readonly studyId?: string | undefined;
}

export type TrainingJobs = ReturnType<typeof openTrainingJobs>;

export function openTrainingJobs({ database, objects, queues, clock, ending, config, newId, newRunId }: TrainingJobsOptions) {
  const get = async (call: CallMeta, id: string): Promise<KeptJob> => {
    const found = await findJob(database.for(call), id);
    if (found === undefined) throw absent('training job', id);
    return found;
  };

  const ids = (): Pick<KeptJob, 'runId' | 'modelId' | 'progress'> => ({ runId: newRunId(), modelId: `m-${newRunId()}`, progress: WAITING });

  const enqueue = async (tx: Transaction, job: string, generation: number): Promise<void> => {
    const queueId = await queues.train.send(tx, { job, generation }, { key: `${job} ${generation}` });
    await queueJob(tx, job, queueId);
  };

  /** Within a transaction; the same key answers the same job. */
  const create = async (tx: Transaction, { spec, key, studyId }: NewTraining): Promise<KeptJob> => {
    if (typeof spec.trainer !== 'string' && !config.commands) throw noCommands();
    checkPlace(spec, config);
    const askedSha256 = sha256(JSON.stringify(spec));
    const first = key === undefined ? undefined : await findJobByKey(tx, key);
    if (first !== undefined) return sameAsked(first, askedSha256, 'training job');
    const dataset = await lockDataset(tx, spec.dataset);
    if (dataset === undefined) throw absentDataset(spec.dataset);
    checkSpec(spec, trainers, (await findDescription(tx, spec.dataset)) as Described | undefined);
    const id = newId();
    const made = await insertJob(tx, { id, key, askedSha256, studyId, spec, createdAt: clock.now(), ...ids() });
    if (!made) return sameAsked((await findJobByKey(tx, key ?? '')) as KeptJob, askedSha256, 'training job');
    await enqueue(tx, id, 0);
    return (await findJob(tx, id)) as KeptJob;
  };

  return {
    get,
    createIn: create,
    create: (call: CallMeta, asked: NewTraining): Promise<KeptJob> => database.transaction(call, (tx) => create(tx, asked)),
    list: (call: CallMeta, filter: JobFilter): Promise<readonly KeptJob[]> => listJobs(database.for(call), filter),

    cancel: async (call: CallMeta, id: string): Promise<KeptJob> => {
      const job = await get(call, id);
      const ended = await ending.end(call, job, { state: 'cancelled', error: 'It was cancelled.' });
      if (ended === undefined)
        throw new AppError('conflict', `The training job ${id} cannot be cancelled: it has already ${(await get(call, id)).state}.`);
      if (ended.queueId !== undefined) await queues.train.cancel(call, ended.queueId);
      return ended;
    },

    retry: (call: CallMeta, id: string): Promise<KeptJob> =>
      database.transaction(call, async (tx) => {
        const job = await lockJob(tx, id);
        if (job === undefined) throw absent('training job', id);
        if (job.state !== 'failed' && job.state !== 'cancelled')
          throw new AppError('conflict', `The training job ${id} cannot begin anew: it is ${job.state}, neither failed nor cancelled.`);
        if ((await lockDataset(tx, job.spec.dataset)) === undefined) throw absentDataset(job.spec.dataset);
        const fresh = (await restartJob(tx, id, ids())) as KeptJob;
        await enqueue(tx, id, fresh.generation);
        return fresh;
      }),

    delete: async (call: CallMeta, id: string): Promise<void> => {
      await database.transaction(call, async (tx) => {
        const job = await lockJob(tx, id);
        if (job === undefined) throw absent('training job', id);
        if (!isOver(job.state))
          throw new AppError('conflict', `The training job ${id} cannot be deleted: it is ${job.state}. Cancel it before.`);
        await deleteJob(tx, id);
      });
      await deleteKept(objects, id, call.signal);
    },
  };
}

const noCommands = (): AppError =>
  new AppError(
    'forbidden',
    'trainer must be the name of a trainer: commands are run where MLAB_TRAINING_COMMANDS is true, and here it is not.',
  );

const absentDataset = (id: string): AppError =>
  new AppError('invalid', `dataset must be the id of a dataset, and there is none called ${id}.`, {
    issues: [{ type: 'not_found', loc: ['body', 'dataset'], msg: 'must be the id of a dataset', input: id }],
  });

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Whoever asks something else with a key that was used is told, instead of being given what he has not asked for. */
export function sameAsked<T extends { readonly id: string; readonly key: string | undefined; readonly askedSha256: string }>(
  first: T,
  askedSha256: string,
  what: string,
): T {
  if (first.askedSha256 === askedSha256) return first;
  throw new AppError(
    'conflict',
    `The key ${JSON.stringify(first.key)} was used for the ${what} ${first.id}, which was asked for otherwise.`,
  );
}
