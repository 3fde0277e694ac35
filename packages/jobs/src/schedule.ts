import { createHash } from 'node:crypto';
import type { Jobs } from '@mlab/kernel';

/** The first time behind `from` that a cron expression names, in UTC; throws when it is none. */
export type Next = (cron: string, from: Date) => Date | undefined;

/** One job that is due by the clock. */
export interface Tick {
  readonly kind: string;
  readonly at: Date;
}

export interface Schedule {
  /** What has come due by `now`: of each kind at most one, however many were missed. They stay due until they are `done`. */
  due(now: Date): readonly Tick[];
  done(tick: Tick, now: Date): void;
}

/** When the jobs with a `cron` come due. Throws a sentence for an expression that names no time. */
export function openSchedule(owner: string, jobs: Jobs, next: Next, now: Date): Schedule {
  const upcoming = new Map<string, Date | undefined>();
  for (const [kind, { cron }] of Object.entries(jobs)) if (cron !== undefined) upcoming.set(kind, firstTime(owner, kind, cron, next, now));
  return {
    due: (instant) => [...upcoming].flatMap(([kind, at]) => (at !== undefined && at <= instant ? [{ kind, at }] : [])),
    done: ({ kind }, instant) => void upcoming.set(kind, next(jobs[kind]?.cron as string, instant)),
  };
}

function firstTime(owner: string, kind: string, cron: string, next: Next, now: Date): Date {
  const wrong = (why: string, cause?: unknown): Error =>
    new Error(
      `The job ${kind} of ${owner} has the cron expression "${cron}", ${why}: it takes five fields, such as "0 3 * * *" for three o'clock each night, UTC.`,
      { cause },
    );
  if (cron.trim().split(/\s+/).length !== 5) throw wrong('which has not five fields');
  let first: Date | undefined;
  try {
    first = next(cron, now);
  } catch (error) {
    throw wrong('which cannot be read', error);
  }
  if (first === undefined) throw wrong('which names no time');
  return first;
}

/** The id of the job of one tick: the same in every process, so that however many find it due, one job is made. */
export function tickId({ kind, at }: Tick): string {
  const hex = createHash('sha256').update(`${kind} ${at.toISOString()}`).digest('hex');
  // A UUID of version 8, which is free in its bits. RFC 9562, section 5.8.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
