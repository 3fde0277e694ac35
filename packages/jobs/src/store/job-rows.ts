import type { JobState, JobStatus, Row } from '@mlab/kernel';
import { integer, json, nullable, number, text, timestamp } from '@mlab/sql';

/** pg-boss's names for the states, by ours. */
export const BOSS_STATES = {
  waiting: 'created',
  retrying: 'retry',
  running: 'active',
  succeeded: 'completed',
  cancelled: 'cancelled',
  failed: 'failed',
} as const satisfies Readonly<Record<JobState, string>>;

const STATES: ReadonlyMap<string, JobState> = new Map(Object.entries(BOSS_STATES).map(([ours, theirs]) => [theirs, ours as JobState]));

export function toState(value: unknown): JobState {
  const state = STATES.get(text(value));
  if (state === undefined) throw new Error(`expected a state of pg-boss, got ${text(value)}`);
  return state;
}

/** A job as it is listed: its status, its kind, and where it stands in the list. */
export interface ListedJob {
  readonly kind: string;
  /** With microseconds, which a Date does not hold. */
  readonly createdAt: string;
  readonly status: JobStatus;
}

/** What came of a job, in the one column that pg-boss has for it. */
interface Result {
  readonly value?: unknown;
  readonly error?: string;
}

export function toListedJob(row: Row): ListedJob {
  const state = toState(row['state']);
  const result = nullable<Result>(json, row['output']);
  const share = nullable(number, row['share']);
  return {
    kind: text(row['name']),
    createdAt: text(row['position']),
    status: {
      id: text(row['id']),
      state,
      input: nullable(json, row['data']) ?? null,
      output: state === 'succeeded' ? result?.value : undefined,
      error: state === 'succeeded' ? undefined : result?.error,
      attempts: integer(row['attempts']),
      progress: share === undefined ? undefined : { share, note: text(row['note']) },
      priority: integer(row['priority']),
      createdAt: timestamp(row['created_on']),
      startedAt: state === 'waiting' ? undefined : nullable(timestamp, row['started_on']),
      endedAt: nullable(timestamp, row['completed_on']),
    },
  };
}
