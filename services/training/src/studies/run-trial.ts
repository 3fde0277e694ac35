import { AppError, type Clock, type Database, type JobRun } from '@mlab/kernel';
import type { Study as Search } from '@mlab/learning';
import type { Config } from '#/config.ts';
import type { KeptDataset } from '#/domain/dataset.ts';
import { isPassing } from '#/domain/failure.ts';
import type { Recording } from '#/domain/recording.ts';
import type { KeptStudy, KeptTrial, Reported } from '#/domain/study.ts';
import { endTrial, type TrialEnd } from '#/store/trials.ts';
import { threadsOf } from '#/threads/bounds.ts';
import type { Threads } from '#/threads/threads.ts';
import type { TrialResult } from '#/worker/messages.ts';
import { textsOf, type Code } from '#/train/record.ts';
import type { Places } from '#/train/places.ts';
import type { Loaded } from '#/worker/load.ts';

export interface RunTrial {
  readonly database: Database;
  readonly recording: Recording;
  readonly clock: Clock;
  readonly config: Config;
  readonly code: Code;
  readonly places: Places;
  readonly threads: Threads;
  readonly study: KeptStudy & { readonly metric: string; readonly direction: 'minimize' | 'maximize' };
  readonly dataset: KeptDataset;
  readonly loaded: Loaded;
  readonly search: Search;
  readonly run: JobRun;
  /** Ends the trial, which is then as if it had not begun. */
  readonly signal: AbortSignal;
}

/** One trial from its beginning to its end, which is written down before the search hears of it. */
export async function runTrial(options: RunTrial, trial: KeptTrial): Promise<void> {
  const { database, recording, clock, study, dataset, search, run, places, signal } = options;
  using _place = await places.take(signal);
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
  const reports: Reported[] = [];
  const end = await outcomeOf(options, trial, reports);
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
}

type Outcome = Pick<TrialEnd, 'state' | 'value' | 'error'>;

async function outcomeOf(
  { study, search, loaded, config, run, signal, threads }: RunTrial,
  trial: KeptTrial,
  reports: Reported[],
): Promise<Outcome> {
  const { spec, search: asked, metric, direction } = study;
  const prunes = asked.pruner !== 'none' && asked.folds === 1;
  // What is reported is compared as the metric is: less of a loss is better, whatever the metric.
  const sign = direction === 'maximize' ? -1 : 1;
  try {
    const order = {
      kind: 'trial' as const,
      spec: { ...spec, params: { ...spec.params, ...trial.params } },
      loaded,
      threads: asked.parallel > 1 ? 0 : threadsOf(config),
      metric,
      folds: asked.folds,
      prunes,
    };
    const { value, pruned } = await threads.run<TrialResult>({
      order,
      signal,
      graceMs: config.graceMs,
      onSaid: (said, control) => {
        if (said.kind !== 'report') return;
        reports.push([said.step, said.value]);
        const ends = search.report(trial.number, said.step, sign * said.value);
        if (prunes) control.answer(!ends);
      },
    });
    return pruned ? { state: 'pruned', value: undefined } : { state: 'complete', value };
  } catch (error) {
    if (signal.aborted || isPassing(error)) throw error;
    const known = AppError.is(error) && error.code !== 'internal';
    if (!known) run.log.error({ err: error, study: study.id, trial: trial.number }, 'A trial has failed.');
    return {
      state: 'failed',
      value: undefined,
      error: known ? error.message : 'Something went wrong inside the training service; its log says more.',
    };
  }
}
