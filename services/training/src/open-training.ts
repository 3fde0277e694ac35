import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { training } from '@mlab/contracts/training';
import type { Clock, Database, Events, JobQueuesOf, Objects, Running } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { Config } from '#/config.ts';
import { openDatasets } from '#/datasets.ts';
import type { TrainByCommand } from '#/domain/command-training.ts';
import type { Recording } from '#/domain/recording.ts';
import { endRun } from '#/end-run.ts';
import { handlers } from '#/handlers.ts';
import type { jobs as declared } from '#/jobs.ts';
import { openReconcile } from '#/reconcile.ts';
import type { Programs } from '#/remote/programs.ts';
import { openStudyJob } from '#/studies/run-study.ts';
import { openStudies } from '#/studies/studies.ts';
import { openStudyEnding } from '#/studies/study-ending.ts';
import { limitsOf } from '#/threads/bounds.ts';
import { openThreads } from '#/threads/threads.ts';
import { openJobEnding } from '#/train/job-ending.ts';
import { openPlaces } from '#/train/places.ts';
import { openTrainJob } from '#/train/run-job.ts';
import { openTrainRemotely } from '#/train/train-remotely.ts';
import { openTrainThread } from '#/train/train-thread.ts';
import { openTrainingJobs } from '#/training-jobs.ts';

export interface OpenTraining {
  readonly config: Config;
  readonly database: Database;
  readonly events: Events;
  readonly jobs: JobQueuesOf<typeof declared>;
  readonly objects: Objects;
  readonly recording: Recording;
  readonly log: Logger;
  readonly clock: Clock;
  readonly trainByCommand: TrainByCommand;
  readonly programs: Programs;
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

const THREAD_IDLE_MS = 10_000;

/** All parts of the service, put together. */
export function openTraining(options: OpenTraining): Running<typeof training, undefined, typeof declared> {
  const { config, database, events, jobs: queues, objects, recording, log, clock, trainByCommand, programs } = options;
  const newId = (): string => randomBytes(8).toString('hex');
  const newRunId = (): string => randomBytes(16).toString('hex');
  const code = { version };
  const stop = new AbortController();
  const threads = openThreads({ clock, memoryMb: config.memoryMb, idleMs: THREAD_IDLE_MS });

  const datasets = openDatasets({
    database,
    objects,
    config,
    clock,
    newId,
    describe: ({ path, name, reading }, target, signal) =>
      threads.run({
        order: { kind: 'describe', file: { path, name, reading }, limits: limitsOf(config), ...(target === undefined ? {} : { target }) },
        signal: AbortSignal.any([signal, stop.signal]),
        graceMs: 0,
      }),
  });
  const ending = openJobEnding({ database, events, queues, clock });
  const studyEnding = openStudyEnding({ database, events, queues, clock });
  const trainingJobs = openTrainingJobs({ database, objects, queues, clock, ending, config, newId, newRunId });
  const studies = openStudies({ database, queues, clock, config, ending: studyEnding, trainingJobs, newId, newRunId });
  const places = openPlaces(config.jobsAtOnce);
  const shared = { database, objects, events, clock, config, code, recording, datasets, places, threads, programs };
  return {
    handlers: handlers({ database, objects, clock, datasets, trainingJobs, studies, programs, logPollMs: config.logPollMs }),
    jobs: {
      train: openTrainJob({
        ...shared,
        ending,
        trainInThread: openTrainThread({ config, datasets, objects, threads, log }),
        trainRemotely: openTrainRemotely(config, programs),
        trainByCommand,
      }),
      search: openStudyJob({ ...shared, trainingJobs, ending: studyEnding, newRunId }),
      endRun: (input, run) => endRun(recording, input, run.call),
      reconcile: openReconcile({ database, queues, clock, ending, studyEnding }),
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('The service ends.'));
      await threads[Symbol.asyncDispose]();
    },
  };
}
