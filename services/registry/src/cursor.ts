import { AppError } from '@mlab/kernel';

/** The place behind which the next page begins, for whoever asks for it: only we read it. */
const writeCursor = (place: string | number): string => Buffer.from(String(place)).toString('base64url');

export function readCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString('utf8');
}

/** Of a page whose items are counted. */
export function readNumberCursor(cursor: string | undefined): number | undefined {
  const place = readCursor(cursor);
  if (place === undefined) return undefined;
  if (/^\d{1,15}$/.test(place)) return Number(place);
  throw new AppError('invalid', 'cursor is not the next of an earlier answer.', {
    issues: [{ type: 'cursor', loc: ['query', 'cursor'], msg: 'must be the next of an earlier answer', input: cursor }],
  });
}

/** One more item than a page has tells whether there is another page. */
export function page<T>(
  found: readonly T[],
  limit: number,
  placeOf: (item: T) => string | number,
): { readonly items: readonly T[]; readonly next?: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: writeCursor(placeOf(last)) } : { items };
}
