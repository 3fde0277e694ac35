import type { AnyJobRunner, CallMeta, Database, Owner, Queryable } from '@mlab/kernel';
import { RETRY_LIMIT } from '#/backoff.ts';
import type { Boss, Taken } from '#/boss.ts';
import type { Kind, Kinds } from '#/kinds.ts';
import type { Meters } from '#/meters.ts';
import type { Outage } from '#/outage.ts';
import type { Running } from '#/running.ts';
import { tickId, type Schedule } from '#/schedule.ts';
import { seconds } from '#/seconds.ts';
import type { JobsSettings } from '#/settings.ts';
import type { JobStore } from '#/store/jobs.ts';

export interface WorkerOptions {
  readonly owner: Owner;
  readonly database: Database;
  readonly call: () => CallMeta;
  readonly kinds: Kinds;
  readonly boss: Boss;
  readonly store: JobStore;
  readonly settings: JobsSettings;
  readonly schedule: Schedule;
  readonly outage: Outage;
  readonly meters: Meters;
  readonly running: Running;
}

/** Looks for jobs and begins them. */
export interface Worker {
  begin(runners: Readonly<Record<string, AnyJobRunner>>): void;
  /** Looks at once, because there may be something. */
  wake(): void;
  /** Takes no more jobs. */
  stop(): Promise<void>;
}

export function openWorker(options: WorkerOptions): Worker {
  const { owner, database, call, kinds, boss, store, settings, schedule, outage, meters, running } = options;
  const { clock } = owner;
  const { log } = owner.telemetry;
  const db = (): Queryable => database.for(call());
  let runners: Readonly<Record<string, AnyJobRunner>> = {};
  let looking: Promise<void> | undefined;
  let again = false;
  let stopped = true;
  let cancelTimer: (() => void) | undefined;

  async function sendDue(): Promise<void> {
    const now = clock.now();
    for (const tick of schedule.due(now)) {
      const id = tickId(tick);
      const retryLimit = kinds.get(tick.kind)?.job.retry?.limit ?? RETRY_LIMIT;
      await boss.send(db(), { kind: tick.kind, input: {}, id, uniqueKey: id, retryLimit });
      schedule.done(tick, now);
    }
  }

  async function reap(): Promise<void> {
    // A worker that could not reach the database is not dead: after an outage each gets the time of its lease to be heard again.
    const answering = clock.monotonic() - outage.answeringSince;
    const leases = [...kinds.values()].filter(({ leaseMs }) => answering > leaseMs);
    if (leases.length === 0) return;
    const reaped = await store.reap(
      db(),
      leases.map(({ name, leaseMs }) => ({ kind: name, ms: leaseMs, error: notHeard(leaseMs) })),
    );
    for (const { kind, id, state } of reaped) {
      meters.ended(kind, 'lost', 0);
      log.warn({ job: kind, job_id: id, state }, 'The worker of a job was not heard of for its lease; the job was taken from it.');
    }
  }

  /** No more than this process has room for, and than all processes together may run. */
  async function take(kind: Kind): Promise<readonly Taken[]> {
    const { globalConcurrency } = kind.job;
    if (globalConcurrency === undefined) return boss.take(db(), kind.name, running.room(kind));
    return database.transaction(call(), async (tx) => {
      await store.lockKind(tx, kind.name);
      const room = Math.min(running.room(kind), globalConcurrency - (await store.countRunning(tx, kind.name)));
      return room > 0 ? boss.take(tx, kind.name, room) : [];
    });
  }

  async function look(): Promise<void> {
    await sendDue();
    if (stopped) return;
    await reap();
    if (stopped) return;
    const withRoom = [...kinds.values()].filter((kind) => running.room(kind) > 0).map(({ name }) => name);
    if (withRoom.length === 0) return;
    for (const name of await store.ready(db(), withRoom)) {
      if (stopped) return;
      const kind = kinds.get(name) as Kind;
      for (const taken of await take(kind)) running.begin(kind, taken, runners[name] as AnyJobRunner);
    }
    outage.answered();
  }

  function wake(): void {
    if (stopped) return;
    again = true;
    if (looking !== undefined) return;
    cancelTimer?.();
    looking = lookUntilQuiet().finally(() => {
      looking = undefined;
      if (again) wake();
      else if (!stopped) cancelTimer = clock.schedule(settings.pollMs, wake);
    });
  }

  async function lookUntilQuiet(): Promise<void> {
    while (again) {
      again = false;
      await look().catch((error: unknown) => outage.failed(error));
    }
  }

  return {
    begin: (table) => {
      runners = table;
      stopped = false;
      wake();
    },
    wake,
    stop: async () => {
      stopped = true;
      again = false;
      cancelTimer?.();
      await looking;
    },
  };
}

const notHeard = (leaseMs: number): string => `The worker that had this job was not heard of for ${seconds(leaseMs)}.`;
