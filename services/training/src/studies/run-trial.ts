import { AppError, type Clock, type Database, type JobRun } from '@mlab/kernel';
import type { KeptDataset } from '#/domain/dataset.ts';
import { isPassing } from '#/domain/failure.ts';
import type { Recording } from '#/domain/recording.ts';
import type { KeptTrial, Reported } from '#/domain/study.ts';
import { endTrial, type TrialEnd } from '#/store/trials.ts';
import { textsOf, type Code } from '#/train/record.ts';
import type { Places } from '#/train/places.ts';
import type { TriedStudy, TryOut } from './try-out.ts';

export interface RunTrial extends TriedStudy {
  readonly database: Database;
  readonly recording: Recording;
  readonly clock: Clock;
  readonly code: Code;
  readonly places: Places;
  readonly dataset: KeptDataset;
  readonly tryOut: TryOut;
  readonly run: JobRun;
  /** Ends the trial, which is then as if it had not begun. */
  readonly signal: AbortSignal;
}

/** One trial from its beginning to its end, which is written down before the search hears of it. */
export async function runTrial(options: RunTrial, trial: KeptTrial): Promise<void> {
  const { database, recording, clock, study, dataset, search, run, places, signal } = options;
  using _place = options.tryOut.isHere ? await places.take(signal) : undefined;
  const startMs = trial.startedAt.getTime();
  const { name, digest } = { name: dataset.name, digest: dataset.sha256 };
  await recording.startRun(
    {
      runId: trial.runId,
      experiment: study.spec.experiment,
      name: `trial ${trial.number}`,
      parentRunId: study.runId,
      startMs,
      tags: { 'mlab.study': study.id, 'mlab.trial': String(trial.number), 'mlab.code.version': options.code.version, ...study.spec.tags },
      params: textsOf({ ...study.spec.params, ...trial.params }),
      dataset: { name, digest, sourceType: 'mlab', source: JSON.stringify({ dataset: dataset.id }), schema: '{}', profile: '{}' },
    },
    run.call,
  );
  const { reports, ...end } = await outcomeOf(options, trial);
  const metrics = reports.map(([step, value]) => ({ key: 'loss', value, step, timestamp: startMs }));
  const own =
    end.value === undefined || end.state !== 'complete' ? [] : [{ key: study.metric, value: end.value, step: 0, timestamp: startMs }];
  await recording.logToRun(trial.runId, { metrics: [...metrics, ...own], tags: { 'mlab.trial.state': end.state } }, run.call);
  const at = clock.now();
  await recording.endRun(trial.runId, { status: end.state === 'failed' ? 'FAILED' : 'FINISHED', endMs: at.getTime() }, run.call);
  signal.throwIfAborted();
  await endTrial(database.for(run.call), study.seq, trial.number, { ...end, reports, at });
  if (end.state === 'complete') search.tell(trial.number, { state: 'complete', value: end.value as number });
  else search.tell(trial.number, { state: end.state });
  await options.tryOut.forget(trial);
}

type Outcome = Pick<TrialEnd, 'state' | 'value' | 'error'> & { readonly reports: readonly Reported[] };

async function outcomeOf({ study, run, signal, tryOut }: RunTrial, trial: KeptTrial): Promise<Outcome> {
  try {
    const { value, pruned, reports } = await tryOut(trial, signal);
    return pruned ? { state: 'pruned', value: undefined, reports } : { state: 'complete', value, reports };
  } catch (error) {
    if (signal.aborted || isPassing(error)) throw error;
    const known = AppError.is(error) && error.code !== 'internal';
    if (!known) run.log.error({ err: error, study: study.id, trial: trial.number }, 'A trial has failed.');
    return {
      state: 'failed',
      value: undefined,
      reports: [],
      error: known ? error.message : 'Something went wrong inside the training service; its log says more.',
    };
  }
}
