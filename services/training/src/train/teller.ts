import { training } from '@mlab/contracts/training';
import type { Progress } from '@mlab/contracts/training-jobs';
import type { Clock, Database, Events, JobRun } from '@mlab/kernel';
import type { Config } from '#/config.ts';
import type { JobLine, LineLevel } from '#/domain/job-line.ts';
import type { KeptJob } from '#/domain/job.ts';
import { afterIteration, inPhase, noteOf } from '#/domain/progress.ts';
import type { MetricPoint, Recording } from '#/domain/recording.ts';
import { insertLines } from '#/store/job-lines.ts';
import { keepLogged, keepLogging, keepProgress } from '#/store/jobs.ts';
import { factsOf } from '#/train/job-ending.ts';
import type { Heard } from '#/threads/conduct.ts';

export interface TellerOptions {
  readonly database: Database;
  readonly events: Events;
  readonly recording: Recording;
  readonly clock: Clock;
  readonly config: Config;
  readonly job: KeptJob;
  readonly run: JobRun;
}

/** Tells how far one attempt of a job is: to who asks, to the tracked run, and in events. */
export interface Teller extends AsyncDisposable {
  heard(said: Heard): void;
  phase(phase: Progress['phase']): void;
  line(level: LineLevel, text: string): void;
  /** All that was heard is written down; throws when it cannot be. */
  settle(): Promise<void>;
}

const LONGEST_LINE = 4000;

export function openTeller({ database, events, recording, clock, config, job, run }: TellerOptions): Teller {
  const db = () => database.for(run.call);
  let progress = job.progress;
  let changed = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  let began: { readonly first: number; readonly at: number } | undefined;
  let { loggedTo, logging } = job;
  let points: MetricPoint[] = [];
  let lastIteration = loggedTo;
  let lines: Omit<JobLine, 'number'>[] = [];
  let writing: Promise<void> = Promise.resolve();
  let cancelTimer: (() => void) | undefined;
  let over = false;

  const line = (level: LineLevel, text: string): void => {
    const cleaned = text.replaceAll('\0', '').toWellFormed().slice(0, LONGEST_LINE);
    lines.push({ at: clock.now(), level, text: cleaned });
  };

  /** What another attempt was about to track is said again exactly as it was: values with the same time are there once. */
  async function track(): Promise<void> {
    if (logging === undefined && points.length > 0) {
      logging = { to: lastIteration, points };
      points = [];
      await keepLogging(db(), job.id, logging);
    }
    if (logging === undefined) return;
    await recording.logToRun(job.runId, { metrics: logging.points }, run.call);
    await keepLogged(db(), job.id, logging.to);
    loggedTo = logging.to;
    logging = undefined;
  }

  async function write(): Promise<void> {
    if (lines.length > 0) {
      const taken = lines;
      lines = [];
      try {
        await insertLines(db(), job.seq, taken, config.logLines);
      } catch (error) {
        lines = [...taken, ...lines];
        throw error;
      }
    }
    if (changed) {
      const told = progress;
      await keepProgress(db(), job.id, job.attempts, told);
      changed = progress !== told;
      run.progress(progress.share, noteOf(progress));
      if (clock.monotonic() - toldAt >= config.eventMs) {
        toldAt = clock.monotonic();
        await database.transaction(run.call, (tx) =>
          events.publish(tx, training.events.jobProgressed, { ...factsOf(job, clock.now()), progress }, { subject: job.id, key: job.id }),
        );
      }
    }
    await track();
    if (points.length > 0) await track();
  }

  const beat = (): void => {
    cancelTimer = clock.schedule(config.progressMs, () => {
      // What could not be written is written later, or by `settle`, which says why it cannot.
      writing = write().catch((error: unknown) => run.log.warn({ err: error }, 'What a training job does could not be written down.'));
      void writing.then(() => {
        if (!over) beat();
      });
    });
  };
  beat();

  const stop = async (): Promise<void> => {
    over = true;
    cancelTimer?.();
    await writing;
  };

  /** What is tracked already, or is being tracked, is not tracked again. */
  const note = (step: number, metrics: Readonly<Record<string, number | null>>): void => {
    if (step <= Math.max(loggedTo, logging?.to ?? 0, lastIteration)) return;
    lastIteration = step;
    const timestamp = clock.now().getTime();
    for (const [key, value] of Object.entries(metrics)) if (value !== null) points.push({ key, value, step, timestamp });
  };

  const phase = (next: Progress['phase']): void => {
    progress = inPhase(progress, next);
    changed = true;
  };

  return {
    line,
    phase,
    heard: (said) => {
      if (said.kind === 'phase') phase(said.phase);
      else if (said.kind === 'line') line(said.level, said.text);
      else if (said.kind === 'iteration') {
        began ??= { first: said.number, at: clock.monotonic() };
        progress = afterIteration(progress, said, began.first, (clock.monotonic() - began.at) / 1000);
        changed = true;
        note(said.number, said.metrics);
      } else if (said.kind === 'earlier') {
        for (const { step, metrics } of said.losses) note(step, metrics);
        const { step = 0 } = said.losses.at(-1) ?? {};
        if (step <= progress.iteration) return;
        progress = { ...progress, iteration: step };
        changed = true;
      }
    },
    settle: async () => {
      await stop();
      await write();
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await write().catch(() => {});
    },
  };
}
