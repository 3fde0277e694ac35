import { randomUUID } from 'node:crypto';
import { AppError, type JobQueue, type JobStatus, type SendOptions, type Transaction } from '@mlab/kernel';
import { RETRY_LIMIT } from '#/backoff.ts';
import type { Boss } from '#/boss.ts';
import type { JobBook } from '#/job-book.ts';
import type { Kind } from '#/kinds.ts';
import type { JobStore } from '#/store/jobs.ts';

export interface JobQueueOptions {
  readonly boss: Boss;
  readonly store: JobStore;
  readonly book: JobBook;
  /** Told when a job may begin. */
  readonly onReady: () => void;
}

/** What a service can do with one kind of its jobs. */
export function openJobQueue(options: JobQueueOptions, kind: Kind): JobQueue<never, unknown> {
  const { book, onReady } = options;
  const names = [kind.name];
  const queue: JobQueue<unknown, unknown> = {
    send: async (tx, input, sending = {}) => {
      const id = await send(options, kind, tx, input, sending);
      tx.afterCommit(onReady);
      return id;
    },
    find: async (call, id) => (await book.find(call, names, id))?.status,
    list: async (call, query = {}) => {
      const { items, next } = await book.list(call, names, query);
      return { items: items.map(({ status }): JobStatus => status), next };
    },
    cancel: (call, id) => book.cancel(call, kind.name, id),
    retry: (call, id) => book.retry(call, kind.name, id),
  };
  return queue as JobQueue<never, unknown>;
}

/** How often a job is tried to be made while the one with its key ends in between. */
const TRIES = 10;

async function send(
  { boss, store }: JobQueueOptions,
  kind: Kind,
  tx: Transaction,
  input: unknown,
  { key, priority = 0, startAfter }: SendOptions,
): Promise<string> {
  const checked = kind.checkInput(input);
  checkOptions(kind.name, priority, startAfter, key);
  const retryLimit = kind.job.retry?.limit ?? RETRY_LIMIT;
  for (let tries = 0; tries < TRIES; tries++) {
    const id = randomUUID();
    // Keys that were given cannot meet those that are made up.
    const uniqueKey = key === undefined ? id : `key ${key}`;
    const job = { kind: kind.name, input: checked, id, uniqueKey, retryLimit, priority };
    const made = await boss.send(tx, startAfter === undefined ? job : { ...job, startAfter });
    if (made !== undefined) return made;
    const first = await store.findByKey(tx, kind.name, uniqueKey);
    if (first !== undefined) return first;
  }
  throw new AppError('unavailable', `The ${kind.name} with the key ${key} could not be made: others with it came and went.`, {
    retryAfter: 1,
  });
}

const LARGEST = 2 ** 31 - 1;
const LONGEST_KEY = 500;

function checkOptions(kind: string, priority: number, startAfter: Date | undefined, key: string | undefined): void {
  if (key !== undefined && (key === '' || key.length > LONGEST_KEY || key.includes('\0') || !key.isWellFormed()))
    throw invalid('key', `must be a text of 1 to ${LONGEST_KEY} characters, without NUL`, key.slice(0, 80), kind);
  if (!Number.isSafeInteger(priority) || Math.abs(priority) > LARGEST)
    throw invalid('priority', `must be an integer from -${LARGEST} to ${LARGEST}`, priority, kind);
  if (startAfter !== undefined && !(startAfter.getUTCFullYear() <= 9999)) throw invalid('startAfter', 'must be a time', startAfter, kind);
}

function invalid(name: string, msg: string, input: unknown, kind: string): AppError {
  return new AppError('invalid', `${name} of the job ${kind} ${msg}, got ${String(input)}.`, {
    issues: [{ type: name, loc: ['options', name], msg, input }],
  });
}
