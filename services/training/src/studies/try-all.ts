import { AppError } from '@mlab/kernel';
import type { KeptTrial } from '#/domain/study.ts';
import { allTrials, insertTrial } from '#/store/trials.ts';
import { runTrial, type RunTrial } from './run-trial.ts';

export interface TryAll extends Omit<RunTrial, 'signal'> {
  readonly kept: readonly KeptTrial[];
  readonly newRunId: () => string;
}

/** Where the first so many trials have all failed, the others would too. */
const HOPELESS = 3;

/**
 * Makes the trials that are lacking, so many at once as the study says. Which they are, and what they try, does not depend on when any of
 * them ends: see `Study` of @mlab/learning.
 */
export async function tryAll(options: TryAll): Promise<void> {
  const { database, clock, study, search, run, kept, newRunId } = options;
  const wanted = Math.min(study.search.trials, search.size);
  const again = kept.filter(({ state }) => state === 'running');
  const { timeoutSeconds } = study.search;
  const begun = (study.startedAt ?? clock.now()).getTime();
  const lateMs = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : begun + timeoutSeconds * 1000 - clock.now().getTime();
  const late = new AbortController();
  const failed = new AbortController();
  const signal = AbortSignal.any([run.signal, late.signal, failed.signal]);
  const cancel = Number.isFinite(lateMs)
    ? clock.schedule(Math.max(0, lateMs), () => late.abort(new Error('The time of the study is over.')))
    : undefined;
  const running = new Set<Promise<void>>();

  const next = async (): Promise<KeptTrial | undefined> => {
    if (late.signal.aborted) return undefined;
    const first = again.shift();
    if (first !== undefined) return first;
    const number = search.ready();
    if (number === undefined || number >= wanted || isHopeless(search.trials)) return undefined;
    const params = search.suggest(number);
    return insertTrial(database.for(run.call), study.seq, { number, params, runId: newRunId(), startedAt: clock.now() });
  };

  const begin = (trial: KeptTrial): void => {
    const ends = runTrial({ ...options, signal }, trial)
      .catch((error: unknown) => {
        // A trial whose time is over is as if it had not begun.
        if (!late.signal.aborted) failed.abort(error);
      })
      .finally(() => running.delete(ends));
    running.add(ends);
  };

  try {
    while (!failed.signal.aborted) {
      run.signal.throwIfAborted();
      const trial = await next();
      if (trial !== undefined) begin(trial);
      else if (running.size === 0) break;
      else await Promise.race(running);
      run.progress(search.trials.filter(({ state }) => state !== 'running').length / wanted, `${search.trials.length} of ${wanted} trials`);
    }
  } finally {
    cancel?.();
    await Promise.all(running);
  }
  if (failed.signal.aborted) throw failed.signal.reason;
  if (search.best !== undefined) return;
  const trials = await allTrials(database.for(run.call), study.seq);
  throw noneCompleted(trials.find(({ error }) => error !== undefined)?.error);
}

const isHopeless = (trials: readonly { readonly state: string }[]): boolean =>
  trials.length >= HOPELESS && trials.slice(0, HOPELESS).every(({ state }) => state === 'failed');

const noneCompleted = (error: string | undefined): AppError =>
  new AppError('invalid', `No trial of the study has come to an end with a value${error === undefined ? '.' : `: ${error}`}`);
