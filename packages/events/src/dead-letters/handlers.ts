import { AppError, type CallMeta, type Database, type HandlersOf, type Transaction } from '@mlab/kernel';
import type { Static } from '@mlab/schema';
import type { DataCheck } from '#/data-check.ts';
import type { DeadLetter, DeadLetterContract, DeadLetterDetail } from '#/dead-letters/contract.ts';
import { MAX_ENVELOPE_BYTES, type Envelope } from '#/envelope.ts';
import { lockConsumer } from '#/store/consumers.ts';
import {
  deleteLetters,
  findLetter,
  listLetters,
  lockLetter,
  redriveLetters,
  replaceEnvelope,
  type DeadLetterFilter,
  type StoredLetter,
} from '#/store/dead-letters.ts';

export interface DeadLettersOptions {
  readonly database: Database;
  /** What the data of each consumer's events must be. */
  readonly checks: ReadonlyMap<string, DataCheck>;
  /** Messages of this consumer wait again. */
  readonly redriven: () => void;
}

type Filter = { readonly [K in 'consumer' | 'type' | 'key' | 'failedAfter' | 'failedBefore']?: string | undefined };

export function deadLetterHandlers({ database, checks, redriven }: DeadLettersOptions): HandlersOf<DeadLetterContract> {
  const change = (call: CallMeta, { consumer, id }: One, work: (tx: Transaction, found: StoredLetter) => Promise<unknown>) =>
    database.transaction(call, async (tx) => {
      await lockConsumer(tx, consumer);
      const found = dead(await lockLetter(tx, consumer, id), consumer, id);
      await work(tx, found);
    });
  const declared = (consumer: string): DataCheck => {
    const check = checks.get(consumer);
    if (check === undefined)
      throw new AppError('conflict', `${consumer} is no consumer of this service any more: its letters can only be deleted.`);
    return check;
  };

  return {
    listDeadLetters: async ({ limit, after, ...filter }, call) => {
      const letters = await listLetters(database.for(call), filterOf(filter), { after: cursorOf(after), limit: limit + 1 });
      const items = letters.slice(0, limit).map(summaryOf);
      return { items, ...(letters.length > limit ? { next: String(letters[limit - 1]?.seq) } : {}) };
    },
    getDeadLetter: async ({ consumer, id }, call) => detailOf(dead(await findLetter(database.for(call), consumer, id), consumer, id)),
    editDeadLetter: async ({ consumer, id, data }, call) => {
      const fault = declared(consumer).fault(data);
      if (fault !== undefined) {
        throw new AppError('invalid', `body.${fault}.`, {
          issues: [{ type: 'data', loc: ['body', 'data'], msg: fault, input: undefined }],
        });
      }
      await change(call, { consumer, id }, (tx, found) => {
        const envelope = JSON.stringify({ ...(JSON.parse(found.envelope) as Envelope), data });
        if (Buffer.byteLength(envelope) > MAX_ENVELOPE_BYTES)
          throw new AppError('too_large', `The event would have more than ${MAX_ENVELOPE_BYTES} bytes.`);
        return replaceEnvelope(tx, found.seq, envelope);
      });
      return detailOf(dead(await findLetter(database.for(call), consumer, id), consumer, id));
    },
    redriveDeadLetter: async ({ consumer, id }, call) => {
      declared(consumer);
      await change(call, { consumer, id }, (tx) => redriveLetters(tx, { consumer, id }));
      redriven();
      return { count: 1 };
    },
    redriveDeadLetters: async (input, call) => {
      const filter = filterOf(input);
      const consumers = filter.consumer === undefined ? [...checks.keys()] : [filter.consumer];
      for (const consumer of consumers) declared(consumer);
      let count = 0;
      for (const consumer of consumers.toSorted()) {
        count += await database.transaction(call, async (tx) => {
          await lockConsumer(tx, consumer);
          return redriveLetters(tx, { ...filter, consumer });
        });
      }
      redriven();
      return { count };
    },
    deleteDeadLetter: async ({ consumer, id }, call) => {
      await change(call, { consumer, id }, (tx) => deleteLetters(tx, { consumer, id }));
      return { count: 1 };
    },
    purgeDeadLetters: async ({ all, ...input }, call) => {
      const filter = filterOf(input);
      if (!all && Object.values(filter).every((value) => value === undefined))
        throw new AppError('invalid', 'body.all must be true to delete all dead letters; or name a consumer, a type, a key or a time.', {
          issues: [{ type: 'missing', loc: ['body', 'all'], msg: 'must be true without a filter', input: all }],
        });
      return { count: await deleteLetters(database.for(call), filter) };
    },
  };
}

interface One {
  readonly consumer: string;
  readonly id: string;
}

function dead(found: StoredLetter | undefined, consumer: string, id: string): StoredLetter {
  if (found === undefined) throw new AppError('not_found', `${consumer} has no dead letter ${id}.`);
  if (found.state !== 'dead') throw new AppError('conflict', `${id} of ${consumer} is no dead letter: it waits to be handled.`);
  return found;
}

function filterOf({ consumer, type, key, failedAfter, failedBefore }: Filter): DeadLetterFilter {
  return { consumer, type, key, failedAfter: timeOf('failedAfter', failedAfter), failedBefore: timeOf('failedBefore', failedBefore) };
}

function timeOf(field: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw refusal(field, 'must be a time such as 2026-01-31T12:00:00Z', text);
  return time;
}

function cursorOf(after: string | undefined): bigint {
  if (after === undefined) return 0n;
  if (!/^\d{1,18}$/.test(after)) throw refusal('after', 'must be `next` of the page before', after);
  return BigInt(after);
}

function refusal(field: string, expected: string, input: string): AppError {
  return new AppError('invalid', `${field} ${expected}.`, { issues: [{ type: 'value', loc: ['query', field], msg: expected, input }] });
}

function summaryOf(letter: StoredLetter): Static<typeof DeadLetter> {
  const { consumer, id, type, key, attempts, error, receivedAt, failedAt, original } = letter;
  const subject = subjectOf(letter);
  return {
    consumer,
    id,
    type,
    ...(key === undefined ? {} : { key }),
    ...(subject === undefined ? {} : { subject }),
    attempts,
    error: error ?? '',
    receivedAt: receivedAt.toISOString(),
    failedAt: (failedAt ?? receivedAt).toISOString(),
    edited: original !== undefined,
  };
}

function detailOf(letter: StoredLetter): Static<typeof DeadLetterDetail> {
  const { envelope, original } = letter;
  return {
    ...summaryOf(letter),
    event: parsed(envelope),
    ...(original === undefined ? {} : { original: parsed(original) }),
  };
}

const subjectOf = ({ envelope }: StoredLetter): string | undefined => (parsed(envelope) as Envelope).subject;

const parsed = (envelope: string): unknown => JSON.parse(envelope) as unknown;
