import type { Static, TSchema } from '@mlab/schema';
import type { Logger } from '@mlab/telemetry';
import type { CallMeta } from '#/call.ts';
import type { AnySchema, Schema } from '#/contract.ts';
import type { Transaction } from '#/state/database.ts';

export interface JobRetry {
  /** Attempts after the first. Default 2. */
  readonly limit?: number;
  /** Wait before the first of them, in milliseconds; doubled, with jitter, for each further one. Default 1,000. */
  readonly delayMs?: number;
  /** Longest wait, in milliseconds. Default 300,000. */
  readonly maxDelayMs?: number;
}

export interface JobSettings {
  readonly summary: string;
  readonly retry?: JobRetry;
  /** Longest run of one attempt, in milliseconds. Default 900,000. */
  readonly timeoutMs?: number;
  /** A worker that has not been heard of for so long counts as dead, and another takes the job up. Default 15,000. */
  readonly leaseMs?: number;
  /** Jobs of this kind that one process runs at once. Default 1. */
  readonly concurrency?: number;
  /** Jobs of this kind that all processes together run at once. Default: no limit. */
  readonly globalConcurrency?: number;
  /** Runs it at these times, UTC, with the input `{}`: five fields as cron has them. */
  readonly cron?: string;
}

export interface AnyJob extends JobSettings {
  readonly input: AnySchema;
  readonly output: AnySchema;
}

/** Work that outlives the call that asked for it, and the process that began it. */
export interface Job<I, O> extends AnyJob {
  readonly input: Schema<I>;
  readonly output: Schema<O>;
}

export function job<I extends TSchema, O extends TSchema>(
  spec: JobSettings & { readonly input: I; readonly output: O },
): Job<Static<I>, Static<O>> {
  const { input, output, ...settings } = spec;
  return { ...settings, input: { json: input }, output: { json: output } };
}

export type Jobs = Readonly<Record<string, AnyJob>>;

/** One attempt of one job, as the code that does it sees it. */
export interface JobRun {
  readonly id: string;
  /** 1 the first time. */
  readonly attempt: number;
  /** Aborted when the job is cancelled, when its time is up, and when this process ends. */
  readonly signal: AbortSignal;
  readonly call: CallMeta;
  readonly log: Logger;
  /** Says how far it is: `share` from 0 to 1, and what it does. Shown to who asks; also a sign of life. */
  progress(share: number, note?: string): void;
}

/** The code of each job, none missing and none more. One that throws is tried again. */
export type JobRunnersOf<J extends Jobs> = {
  readonly [K in keyof J]: J[K] extends Job<infer I, infer O> ? (input: I, run: JobRun) => Promise<O> : never;
};

export const JOB_STATES = ['waiting', 'running', 'retrying', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface JobStatus<I = unknown, O = unknown> {
  readonly id: string;
  readonly state: JobState;
  readonly input: I;
  readonly output: O | undefined;
  /** Why the last attempt failed. */
  readonly error: string | undefined;
  readonly attempts: number;
  readonly progress: { readonly share: number; readonly note: string } | undefined;
  readonly priority: number;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

export interface SendOptions {
  /** Higher comes first. Default 0. */
  readonly priority?: number;
  /** While a job with the same key waits or runs, no second one is made: the id of the first is answered. */
  readonly key?: string;
  /** Not before then. */
  readonly startAfter?: Date;
}

export interface JobPage<I, O> {
  readonly items: readonly JobStatus<I, O>[];
  /** For the next page. */
  readonly next: string | undefined;
}

/** What a service can do with one kind of its jobs. */
export interface JobQueue<I, O> {
  /** Makes a job, if and when `tx` commits; answers its id. */
  send(tx: Transaction, input: I, options?: SendOptions): Promise<string>;
  find(call: CallMeta, id: string): Promise<JobStatus<I, O> | undefined>;
  /** Newest first. */
  list(call: CallMeta, query?: { readonly state?: JobState; readonly limit?: number; readonly after?: string }): Promise<JobPage<I, O>>;
  /** A waiting job never begins; a running one is told by its signal. False when it has already ended, or is not there. */
  cancel(call: CallMeta, id: string): Promise<boolean>;
  /** Lets a failed or cancelled job begin anew. False when it is neither. */
  retry(call: CallMeta, id: string): Promise<boolean>;
}

export type JobQueuesOf<J extends Jobs> = {
  readonly [K in keyof J]: J[K] extends Job<infer I, infer O> ? JobQueue<I, O> : never;
};
