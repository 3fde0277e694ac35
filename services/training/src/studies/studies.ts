import type { SearchSpec, Study, StudyState } from '@mlab/contracts/training-studies';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import { AppError, type CallMeta, type Clock, type Database, type JobQueuesOf, type Queryable, type Transaction } from '@mlab/kernel';
import { trainers } from '@mlab/learning';
import type { Config } from '#/config.ts';
import { checkSearch } from '#/domain/check-search.ts';
import { checkSpec } from '#/domain/check-spec.ts';
import { checkPlace } from '#/domain/place.ts';
import { absent, wrongField } from '#/domain/refuse.ts';
import { studyView, type KeptStudy, type KeptTrial } from '#/domain/study.ts';
import type { jobs as declared } from '#/jobs.ts';
import { findDescription, lockDataset } from '#/store/datasets.ts';
import {
  findStudy,
  findStudyByKey,
  insertStudy,
  listStudies,
  lockStudy,
  queueStudy,
  reopenStudy,
  type StudyPage,
} from '#/store/studies.ts';
import { bestTrial, countTrials, listTrials, type TrialPage } from '#/store/trials.ts';
import type { StudyEnding } from '#/studies/study-ending.ts';
import { sameAsked, sha256, type TrainingJobs } from '#/training-jobs.ts';
import type { Described } from '#/worker/messages.ts';

export interface StudiesOptions {
  readonly database: Database;
  readonly queues: JobQueuesOf<typeof declared>;
  readonly clock: Clock;
  readonly config: Pick<Config, 'executor' | 'trainersRun'>;
  readonly ending: StudyEnding;
  readonly trainingJobs: TrainingJobs;
  readonly newId: () => string;
  readonly newRunId: () => string;
}

export interface NewStudyAsked {
  readonly spec: TrainingSpec;
  readonly search: SearchSpec;
  readonly key: string | undefined;
}

export type Studies = ReturnType<typeof openStudies>;

export function openStudies({ database, queues, clock, config, ending, trainingJobs, newId, newRunId }: StudiesOptions) {
  const view = async (db: Queryable, study: KeptStudy): Promise<Study> => {
    const all = await countTrials(db, study.seq);
    // What was under way when a study was stopped is tried again when it goes on.
    const counts = isEnded(study.state) ? { ...all, running: 0 } : all;
    const best = study.direction === undefined ? undefined : await bestTrial(db, study.seq, study.direction);
    return studyView(study, counts, best);
  };

  const mustFind = async (db: Queryable, id: string): Promise<KeptStudy> => {
    const found = await findStudy(db, id);
    if (found === undefined) throw absent('study', id);
    return found;
  };

  const enqueue = async (tx: Transaction, id: string): Promise<void> =>
    queueStudy(tx, id, await queues.search.send(tx, { study: id }, { key: id }));

  const create = async (tx: Transaction, { spec, search, key }: NewStudyAsked): Promise<KeptStudy> => {
    const askedSha256 = sha256(JSON.stringify([spec, search]));
    const first = key === undefined ? undefined : await findStudyByKey(tx, key);
    if (first !== undefined) return sameAsked(first, askedSha256, 'study');
    if ((await lockDataset(tx, spec.dataset)) === undefined)
      throw wrongField('dataset', 'must be the id of a dataset, and there is none called so', spec.dataset);
    if (typeof spec.trainer !== 'string')
      throw wrongField('trainer', 'of a study must be one of ours: a command has no hyperparameters that are known');
    checkPlace(spec, config);
    checkSpec(spec, trainers, (await findDescription(tx, spec.dataset)) as Described | undefined);
    checkSearch(spec, search, trainers);
    const id = newId();
    const made = await insertStudy(tx, { id, key, askedSha256, spec, search, runId: newRunId(), createdAt: clock.now() });
    if (!made) return sameAsked((await findStudyByKey(tx, key ?? '')) as KeptStudy, askedSha256, 'study');
    await enqueue(tx, id);
    return mustFind(tx, id);
  };

  return {
    create: async (call: CallMeta, asked: NewStudyAsked): Promise<Study> => {
      const made = await database.transaction(call, (tx) => create(tx, asked));
      return view(database.for(call), made);
    },

    get: async (call: CallMeta, id: string): Promise<Study> => {
      const db = database.for(call);
      return view(db, await mustFind(db, id));
    },

    list: async (call: CallMeta, page: StudyPage): Promise<readonly { readonly seq: number; readonly view: Study }[]> => {
      const db = database.for(call);
      const found = await listStudies(db, page);
      return Promise.all(found.map(async (study) => ({ seq: study.seq, view: await view(db, study) })));
    },

    trials: async (call: CallMeta, id: string, page: Omit<TrialPage, 'ended'>): Promise<readonly KeptTrial[]> => {
      const db = database.for(call);
      const { seq, state } = await mustFind(db, id);
      return listTrials(db, seq, { ...page, ended: isEnded(state) });
    },

    stop: async (call: CallMeta, id: string): Promise<Study> => {
      const db = database.for(call);
      const study = await mustFind(db, id);
      const ended = await ending.end(call, study, { state: 'stopped' });
      if (ended === undefined)
        throw new AppError('conflict', `The study ${id} cannot be stopped: it is already ${(await mustFind(db, id)).state}.`);
      if (ended.queueId !== undefined) await queues.search.cancel(call, ended.queueId);
      if (ended.jobId !== undefined) await trainingJobs.cancel(call, ended.jobId).catch(ignoreConflict);
      return view(db, ended);
    },

    resume: async (call: CallMeta, id: string, trials: number | undefined): Promise<Study> => {
      const reopened = await database.transaction(call, async (tx) => {
        const study = await lockStudy(tx, id);
        if (study === undefined) throw absent('study', id);
        const more = trials !== undefined && trials > study.search.trials;
        if (study.state !== 'stopped' && study.state !== 'failed' && !(study.state === 'succeeded' && more))
          throw new AppError('conflict', `The study ${id} cannot go on: it is ${study.state}.`);
        if ((await lockDataset(tx, study.spec.dataset)) === undefined) throw absent('dataset', study.spec.dataset);
        const search = { ...study.search, trials: trials ?? study.search.trials };
        const again = (await reopenStudy(tx, id, search)) as KeptStudy;
        await enqueue(tx, id);
        return again;
      });
      return view(database.for(call), reopened);
    },
  };
}

const isEnded = (state: StudyState): boolean => state === 'succeeded' || state === 'failed' || state === 'stopped';

/** A job that has ended by itself need not be cancelled. */
function ignoreConflict(error: unknown): void {
  if (!AppError.is(error, 'conflict')) throw error;
}
