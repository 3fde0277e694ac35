import { training } from '@mlab/contracts/training';
import type { TrainingResult } from '@mlab/contracts/training-jobs';
import type { CallMeta, Clock, Database, Events, JobRun, Objects } from '@mlab/kernel';
import type { Config } from '#/config.ts';
import type { Datasets } from '#/datasets.ts';
import { sourceOf } from '#/domain/dataset.ts';
import { finalFailure } from '#/domain/failure.ts';
import type { LineLevel } from '#/domain/job-line.ts';
import { trainerName, type KeptJob } from '#/domain/job.ts';
import type { TrainByCommand } from '#/domain/command-training.ts';
import type { Recording } from '#/domain/recording.ts';
import { isElsewhere } from '#/domain/place.ts';
import type { Programs } from '#/remote/programs.ts';
import { beginAttempt, findJob, keepError } from '#/store/jobs.ts';
import { findStudy } from '#/store/studies.ts';
import { allTrials } from '#/store/trials.ts';
import { reportedStudy } from '#/studies/reported-study.ts';
import { factsOf, type JobEnding } from '#/train/job-ending.ts';
import type { Places } from '#/train/places.ts';
import { record, runOrder, type Code, type RunContext } from '#/train/record.ts';
import { openTeller, type Teller } from '#/train/teller.ts';
import { dropTrained, findTrained, keepTrained, type Trained } from '#/train/trained.ts';
import { programOf } from '#/train/train-remotely.ts';
import type { Train } from '#/train/train-thread.ts';

export interface TrainJobOptions {
  readonly database: Database;
  readonly objects: Objects;
  readonly events: Events;
  readonly clock: Clock;
  readonly config: Config;
  readonly code: Code;
  readonly recording: Recording;
  readonly ending: JobEnding;
  readonly datasets: Datasets;
  readonly places: Places;
  readonly trainInThread: Train;
  readonly trainRemotely: Train;
  readonly programs: Programs;
  readonly trainByCommand: TrainByCommand;
}

/** One attempt at one training job, by whichever process has it now. */
export function openTrainJob(options: TrainJobOptions) {
  const { database, objects, events, clock, config, code, recording, ending, datasets, places, trainByCommand } = options;

  async function train({ job, dataset, study }: RunContext, teller: Teller, run: JobRun): Promise<Trained> {
    const made = await findTrained(objects, job, run.signal);
    if (made !== undefined) return made;
    const searched = study === undefined ? undefined : reportedStudy(study, await allTrials(database.for(run.call), study.seq));
    const names = { job: job.id, run: job.runId, dataset: dataset.name, version: code.version };
    const trainIt = isElsewhere(job.spec, config) ? options.trainRemotely : options.trainInThread;
    const trained = await trainIt({ job, dataset, study: searched, names, teller, signal: run.signal });
    await teller.settle();
    const whole = { ...trained, endedMs: clock.now().getTime() };
    await keepTrained(objects, job, whole, run.signal);
    return whole;
  }

  /** What came of it, tracked and registered. */
  async function made(
    context: RunContext,
    teller: Teller,
    run: JobRun,
  ): Promise<{ readonly result: TrainingResult; readonly trained?: Trained }> {
    const { job, dataset } = context;
    const { call, signal } = run;
    const { trainer } = job.spec;
    if (typeof trainer !== 'string') {
      await using file = await datasets.openFile(dataset, signal);
      teller.phase('training');
      const line = (level: LineLevel, text: string): void => teller.line(level, text);
      return { result: await trainByCommand({ job, trainer, dataset, path: file.path, line, call, signal }) };
    }
    const trained = await train(context, teller, run);
    signal.throwIfAborted();
    // Whoever was ended before has perhaps not tracked all of them, or a database has forgotten them.
    teller.heard({ kind: 'earlier', losses: trained.losses });
    teller.phase('recording');
    await teller.settle();
    return { result: await record(recording, context, trained, call), trained };
  }

  const isHere = ({ spec }: KeptJob): boolean =>
    config.executor === 'local' || (typeof spec.trainer === 'string' && !isElsewhere(spec, config));

  const started = async (job: KeptJob, call: CallMeta): Promise<void> =>
    database.transaction(call, (tx) =>
      events.publish(
        tx,
        training.events.jobStarted,
        { ...factsOf(job, clock.now()), attempt: job.attempts },
        { subject: job.id, key: job.id },
      ),
    );

  async function attempt(job: KeptJob, run: JobRun): Promise<void> {
    const { call, signal } = run;
    await started(job, call);
    const dataset = await datasets.mustFind(call, job.spec.dataset);
    const study = job.studyId === undefined ? undefined : await findStudy(database.for(call), job.studyId);
    const context = { job, dataset, code, study };
    await using teller = openTeller({ database, events, recording, clock, config, job, run });
    teller.line('info', `Attempt ${job.attempts}: ${trainerName(job.spec)} on ${dataset.name}.`);
    try {
      await recording.startRun(runOrder(context), call);
      const { result, trained } = await made(context, teller, run);
      await teller.settle();
      await ending.end(call, job, { state: 'succeeded', result }, (tx, ended) => {
        const inputs = [
          {
            dataset: dataset.id,
            name: dataset.name,
            source: sourceOf(dataset),
            sha256: dataset.sha256,
            ...(trained === undefined ? {} : { contentSha256: trained.contentDigest, rows: trained.rows }),
            columns: (trained?.columns ?? []).map(({ name }) => name),
          },
        ];
        const { modelId, model, version, modelSha256 } = result;
        const output = {
          ...(modelId === undefined ? {} : { modelId }),
          ...(model === undefined ? {} : { model }),
          ...(version === undefined ? {} : { version }),
          ...(modelSha256 === undefined ? {} : { sha256: modelSha256 }),
        };
        const data = { ...factsOf(ended, clock.now()), inputs, output, seed: job.spec.seed, code: code.version };
        return events.publish(tx, training.events.modelTrained, data, { subject: job.id, key: job.id });
      });
      // What is left over of it harms nobody.
      await Promise.all([dropTrained(objects, job, signal), options.programs.forget(programOf(job))]).catch((error: unknown) =>
        run.log.warn({ err: error }, 'What a job no longer needs is still there.'),
      );
    } catch (error) {
      if (!signal.aborted) teller.line('error', finalFailure(error, Number.POSITIVE_INFINITY) ?? 'It has failed.');
      throw error;
    }
  }

  return async ({ job: id, generation }: { readonly job: string; readonly generation: number }, run: JobRun): Promise<object> => {
    const asked = await findJob(database.for(run.call), id);
    if (asked === undefined) return {};
    // What trains elsewhere takes no place here.
    using _place = isHere(asked) ? await places.take(run.signal) : undefined;
    const job = await beginAttempt(database.for(run.call), id, generation, clock.now());
    if (job === undefined) return {};
    try {
      await attempt(job, run);
      return {};
    } catch (error) {
      // Cancelled, or another process goes on with it: who has said so has written it down.
      if (run.signal.aborted) throw error;
      const failure = finalFailure(error, run.attempt);
      if (failure === undefined) {
        await keepError(database.for(run.call), id, finalFailure(error, Number.POSITIVE_INFINITY) ?? 'It has failed.');
        throw error;
      }
      run.log.warn({ err: error, training_job: id }, 'A training job has failed.');
      await ending.end(run.call, job, { state: 'failed', error: failure });
      return {};
    }
  };
}
