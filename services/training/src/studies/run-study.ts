import type { TaskKind } from '@mlab/contracts/training-spec';
import type { Clock, Database, JobRun } from '@mlab/kernel';
import type { Config } from '#/config.ts';
import type { Datasets, LocalFile } from '#/datasets.ts';
import type { KeptDataset } from '#/domain/dataset.ts';
import { finalFailure } from '#/domain/failure.ts';
import { trainerName } from '#/domain/job.ts';
import { isElsewhere } from '#/domain/place.ts';
import type { Recording } from '#/domain/recording.ts';
import type { KeptStudy } from '#/domain/study.ts';
import type { Programs } from '#/remote/programs.ts';
import { beginStudy, keepObjective, keepStudyError } from '#/store/studies.ts';
import { allTrials } from '#/store/trials.ts';
import { limitsOf } from '#/threads/bounds.ts';
import type { Threads } from '#/threads/threads.ts';
import type { Places } from '#/train/places.ts';
import { textsOf, type Code } from '#/train/record.ts';
import type { TrainingJobs } from '#/training-jobs.ts';
import type { Loaded } from '#/worker/load.ts';
import { refit, untilRefitted } from './refit.ts';
import { objectiveOf, searchOf } from './search-of.ts';
import type { StudyEnding } from './study-ending.ts';
import { tryAll } from './try-all.ts';
import { tryElsewhere, tryInThreads } from './try-out.ts';

export interface StudyJobOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly config: Config;
  readonly code: Code;
  readonly recording: Recording;
  readonly datasets: Datasets;
  readonly places: Places;
  readonly threads: Threads;
  readonly programs: Programs;
  readonly trainingJobs: TrainingJobs;
  readonly ending: StudyEnding;
  readonly newRunId: () => string;
}

/** What the trials are about, and the table where they share it. */
interface Known {
  readonly task: { readonly kind: TaskKind };
  readonly loaded?: Loaded;
}

/** One attempt at one study, by whichever process has it now: it goes on with the trials that are there. */
export function openStudyJob(options: StudyJobOptions) {
  const { database, clock, config, code, recording, datasets, ending, threads, programs } = options;

  const load = (file: LocalFile, { spec }: KeptStudy, signal: AbortSignal): Promise<Loaded> =>
    threads.run<Loaded>({
      order: { kind: 'load', file: { path: file.path, name: file.name, reading: file.reading }, limits: limitsOf(config), spec },
      signal,
      graceMs: config.graceMs,
    });

  const loadFor = async (dataset: KeptDataset, study: KeptStudy, signal: AbortSignal): Promise<Known> => {
    await using file = await datasets.openFile(dataset, signal);
    const loaded = await load(file, study, signal);
    return { task: loaded.task, loaded };
  };

  /** Without reading more than it takes: the trials read the rest, each by itself. */
  const taskOf = async (dataset: KeptDataset, { spec }: KeptStudy, signal: AbortSignal): Promise<Known> => {
    if (spec.task !== undefined) return { task: { kind: spec.task } };
    await using file = await datasets.openFile(dataset, signal);
    const { path, name, reading } = file;
    const order = {
      kind: 'describe' as const,
      file: { path, name, reading },
      limits: limitsOf(config),
      target: spec.target,
      types: spec.types,
    };
    const { task } = await threads.run<{ task: { kind: TaskKind } }>({ order, signal, graceMs: config.graceMs });
    return { task };
  };

  const startRun = (study: KeptStudy, { id, name, sha256 }: KeptDataset, run: JobRun): Promise<unknown> =>
    recording.startRun(
      {
        runId: study.runId,
        experiment: study.spec.experiment,
        name: study.spec.name ?? `${trainerName(study.spec)} on ${name}, ${study.search.sampler} search`,
        startMs: (study.startedAt ?? study.createdAt).getTime(),
        tags: { 'mlab.study': study.id, 'mlab.dataset': id, 'mlab.code.version': code.version, ...study.spec.tags },
        params: textsOf({ trainer: study.spec.trainer, target: study.spec.target, seed: study.spec.seed, ...searchParams(study) }),
        dataset: { name, digest: sha256, sourceType: 'mlab', source: JSON.stringify({ dataset: id }), schema: '{}', profile: '{}' },
      },
      run.call,
    );

  async function attempt(begun: KeptStudy, run: JobRun): Promise<void> {
    const dataset = await datasets.mustFind(run.call, begun.spec.dataset);
    await startRun(begun, dataset, run);
    if (begun.state === 'running') {
      const elsewhere = isElsewhere(begun.spec, config);
      const known = elsewhere ? await taskOf(dataset, begun, run.signal) : await loadFor(dataset, begun, run.signal);
      const objective = objectiveOf(begun, known.task);
      await keepObjective(database.for(run.call), begun.id, objective.metric, objective.direction);
      const study = { ...begun, ...objective };
      const kept = await allTrials(database.for(run.call), study.seq);
      const search = searchOf(study, objective, kept);
      const tried = { study, search };
      const tryOut =
        known.loaded !== undefined
          ? tryInThreads(tried, { config, threads, loaded: known.loaded })
          : tryElsewhere(tried, { config, programs, dataset });
      await tryAll({ ...options, ...tried, dataset, tryOut, kept, run });
      await refit(options, study, search, run);
    }
    const { best, job } = await untilRefitted(options, begun.id, run);
    await recording.logToRun(begun.runId, { params: textsOf(best), tags: { 'mlab.job': job } }, run.call);
    await recording.endRun(begun.runId, { status: 'FINISHED', endMs: clock.now().getTime() }, run.call);
    await ending.end(run.call, begun, { state: 'succeeded' });
  }

  return async ({ study: id }: { readonly study: string }, run: JobRun): Promise<object> => {
    const study = await beginStudy(database.for(run.call), id, clock.now());
    if (study === undefined) return {};
    try {
      await attempt(study, run);
    } catch (error) {
      // Stopped, or another process goes on with it: who has said so has written it down.
      if (run.signal.aborted) throw error;
      const failure = finalFailure(error, run.attempt);
      if (failure === undefined) {
        await keepStudyError(database.for(run.call), id, finalFailure(error, Number.POSITIVE_INFINITY) ?? 'It has failed.');
        throw error;
      }
      run.log.warn({ err: error, study: id }, 'A study has failed.');
      await ending.end(run.call, study, { state: 'failed', error: failure });
    }
    return {};
  };
}

const searchParams = ({ search: { sampler, pruner, trials, parallel, folds } }: KeptStudy) => ({
  sampler,
  pruner,
  trials,
  parallel,
  folds,
});
