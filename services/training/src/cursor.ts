import { AppError } from '@mlab/kernel';

/** The place behind which the next page begins; only we read it. */
export function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  if (/^\d{1,15}$/.test(place)) return Number(place);
  throw new AppError('invalid', 'cursor is not the next of an earlier answer.', {
    issues: [{ type: 'cursor', loc: ['query', 'cursor'], msg: 'must be the next of an earlier answer', input: cursor }],
  });
}

/** One more item than a page has tells whether there is another page. */
export function page<T, V>(
  found: readonly T[],
  limit: number,
  placeOf: (item: T) => number,
  view: (item: T) => V,
): { readonly items: V[]; readonly next?: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length > limit && last !== undefined;
  return { items: items.map(view), ...(more ? { next: Buffer.from(String(placeOf(last))).toString('base64url') } : {}) };
}
