import { AppError, type AnyJobRunner, type Owner, type Queryable } from '@mlab/kernel';
import { beginAttempt, type Attempt, type Outcome } from '#/attempt.ts';
import type { Taken } from '#/boss.ts';
import type { Kind, Kinds } from '#/kinds.ts';
import type { Ending, Meters } from '#/meters.ts';
import type { Outage } from '#/outage.ts';
import { settle } from '#/settle.ts';
import type { JobsSettings } from '#/settings.ts';
import type { Held, JobStore } from '#/store/jobs.ts';

export interface RunningOptions {
  readonly owner: Owner;
  readonly kinds: Kinds;
  readonly store: JobStore;
  readonly settings: JobsSettings;
  readonly db: () => Queryable;
  readonly outage: Outage;
  readonly meters: Meters;
  /** Called when there is room for another job. */
  readonly onFree: () => void;
}

/** The jobs that run in this process. */
export interface Running {
  /** How many more of this kind this process may run. */
  room(kind: Kind): number;
  begin(kind: Kind, taken: Taken, runner: AnyJobRunner): void;
  /** Tells a job, if it runs here, that it has been cancelled. */
  cancelled(id: string): void;
  /** Waits for what runs, for a bounded time, and gives back what does not end. */
  drain(): Promise<void>;
}

interface Entry {
  readonly attempt: Attempt;
  readonly startedAt: number;
  touchedAt: number;
  /** Resolves when its end is written down, or cannot be. */
  written: Promise<void>;
  ended: boolean;
}

/** How long code that is no longer waited for keeps its place, so that it and what follows do not add up beyond what is allowed. */
const PATIENCE_MS = 5000;
/** How long code may take to end once it was told that the process ends. */
const HAND_OVER_MS = 500;
/** How long ends of jobs are tried to be written down while the process ends. After that the lease does the same. */
const LAST_WRITES_MS = 3000;
/** A job shows signs of life so many times in the time of its lease. */
const BEATS = 4;

export function openRunning(options: RunningOptions): Running {
  const { owner, kinds, store, settings, db, outage, meters, onFree } = options;
  const { clock } = owner;
  const { log } = owner.telemetry;
  const watchMs = Math.min(settings.watchMs, ...[...kinds.values()].map(({ leaseMs }) => Math.ceil(leaseMs / BEATS)));
  const entries = new Set<Entry>();
  const occupied = new Map<string, number>();
  let watching = false;
  let givenUp = false;

  const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.schedule(ms, resolve));

  function within(ms: number, tasks: readonly Promise<unknown>[]): Promise<unknown> {
    if (tasks.length === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.schedule(ms, resolve);
    return Promise.race([Promise.all(tasks), promise]).finally(cancel);
  }

  /** Tries until it is done, because a result that took hours is not to be lost to a database that is away for a minute. */
  async function write(entry: Entry, ended: Outcome): Promise<{ readonly outcome: Outcome; readonly ending: Ending }> {
    let outcome = ended;
    for (;;) {
      try {
        await writeProgress(entry);
        const ending = await settle({ owner, store, settings }, db(), entry.attempt, outcome);
        outage.answered();
        return { outcome, ending };
      } catch (error) {
        if (outcome.kind === 'succeeded' && !AppError.is(error)) {
          outcome = {
            kind: 'failed',
            error: new AppError('internal', 'The database refused to keep what came of the job.', { cause: error }),
            final: false,
          };
          continue;
        }
        outage.failed(error);
        if (givenUp) return { outcome, ending: 'lost' };
        await pause(settings.pollMs);
      }
    }
  }

  async function follow(entry: Entry): Promise<void> {
    const { attempt } = entry;
    const ended = await attempt.outcome;
    entry.ended = true;
    const { outcome, ending } = await write(entry, ended);
    entries.delete(entry);
    report(entry, outcome, ending);
  }

  function report({ attempt: { claim, kind }, startedAt }: Entry, outcome: Outcome, ending: Ending): void {
    const ms = clock.monotonic() - startedAt;
    meters.ended(kind.name, ending, ms);
    const line = { job: kind.name, job_id: claim.id, attempt: claim.retryCount + 1, ending, ms: Math.round(ms) };
    if (outcome.kind !== 'failed') log.info(line, 'job');
    else if (AppError.is(outcome.error)) log.warn({ ...line, detail: outcome.error.message, err: outcome.error.cause }, 'job');
    else log.error({ ...line, err: outcome.error }, 'job');
  }

  async function keepPlace({ attempt, written }: Entry): Promise<void> {
    await written;
    await within(PATIENCE_MS, [attempt.codeEnded]);
    occupied.set(attempt.kind.name, (occupied.get(attempt.kind.name) ?? 0) - 1);
    onFree();
  }

  async function writeProgress({ attempt }: Entry): Promise<void> {
    const progress = attempt.takeProgress();
    if (progress !== undefined) await store.writeProgress(db(), attempt.claim, progress.share, progress.note);
  }

  /** Shows signs of life, writes down progress, and hears which jobs have been cancelled or taken away. */
  async function look(): Promise<void> {
    const looked = [...entries].filter(({ ended }) => !ended);
    const now = clock.monotonic();
    const due = looked.filter(({ attempt, touchedAt }) => now - touchedAt >= attempt.kind.leaseMs / BEATS - watchMs / 2);
    if (due.length > 0) {
      await store.touch(
        db(),
        due.map(({ attempt }) => attempt.claim),
      );
      for (const entry of due) entry.touchedAt = now;
    }
    for (const entry of looked) await writeProgress(entry);
    if (looked.length === 0) return;
    const held = new Map(
      (
        await store.held(
          db(),
          looked.map(({ attempt }) => attempt.claim),
        )
      ).map((row) => [row.id, row]),
    );
    outage.answered();
    for (const entry of looked) if (!entry.ended) tell(entry.attempt, held.get(entry.attempt.claim.id));
  }

  function tell(attempt: Attempt, held: Held | undefined): void {
    if (held?.state === 'running' && held.retryCount === attempt.claim.retryCount) return;
    if (held?.state === 'cancelled') attempt.end(wasCancelled(), { kind: 'cancelled' });
    else attempt.end(new AppError('conflict', 'Another worker has this job now, because this one was not heard of.'), { kind: 'lost' });
  }

  async function watch(): Promise<void> {
    try {
      await look();
    } catch (error) {
      outage.failed(error);
    }
    watching = entries.size > 0;
    if (watching) clock.schedule(watchMs, () => void watch());
  }

  return {
    room: ({ name, concurrency }) => concurrency - (occupied.get(name) ?? 0),
    begin: (kind, taken, runner) => {
      const startedAt = clock.monotonic();
      const attempt = beginAttempt({ owner, kind, taken, runner });
      const entry: Entry = { attempt, startedAt, touchedAt: startedAt, written: Promise.resolve(), ended: false };
      entries.add(entry);
      occupied.set(kind.name, (occupied.get(kind.name) ?? 0) + 1);
      entry.written = follow(entry);
      void keepPlace(entry);
      if (watching) return;
      watching = true;
      clock.schedule(watchMs, () => void watch());
    },
    cancelled: (id) => {
      for (const { attempt, ended } of entries) if (attempt.claim.id === id && !ended) attempt.end(wasCancelled(), { kind: 'cancelled' });
    },
    drain: async () => {
      const left = (): Promise<void>[] => [...entries].map(({ written }) => written);
      await within(settings.drainMs, left());
      const reason = new AppError('unavailable', 'This process ends, and another will do the job.');
      for (const { attempt } of entries) attempt.ask(reason, { kind: 'given-back' });
      await within(HAND_OVER_MS, left());
      for (const { attempt } of entries) attempt.end(reason, { kind: 'given-back' });
      await within(LAST_WRITES_MS, left());
      givenUp = true;
    },
  };
}

const wasCancelled = (): AppError => new AppError('cancelled', 'The job was cancelled.');
