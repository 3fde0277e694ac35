import { AppError } from '@mlab/kernel';

/**
 * What a reader has seen of a table that is only added to: what all transactions below `end` have written, but for those that were under
 * way. It is a snapshot of PostgreSQL, and so says exactly what came later, whatever its time and whoever wrote it.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export interface Seen {
  readonly end: number;
  readonly open: readonly number[];
}

export const hasSeen = ({ end, open }: Seen, transaction: number): boolean => transaction < end && !open.includes(transaction);

/** Reads `xmin:xmax:xip,…` as PostgreSQL writes it. */
export function readSnapshot(text: string): Seen {
  const [, end = '', open = ''] = text.split(':');
  return { end: Number(end), open: numbersOf(open) };
}

/** The id of an event: whoever comes again with it gets what was committed since. */
export const idOf = ({ end, open }: Seen): string => (open.length === 0 ? String(end) : `${end}:${open.join(',')}`);

const ID = /^\d{1,15}(:\d{1,15}(,\d{1,15})*)?$/;

export function readId(id: string): Seen {
  if (!ID.test(id))
    throw new AppError('invalid', `after (Last-Event-ID) is "${id.slice(0, 50)}": expected the id of an event that came from here.`);
  const [end = '', open = ''] = id.split(':');
  return { end: Number(end), open: numbersOf(open) };
}

const numbersOf = (list: string): readonly number[] => (list === '' ? [] : list.split(',').map(Number));
