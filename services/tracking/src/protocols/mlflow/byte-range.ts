import type { ByteRange } from '@mlab/kernel';

/**
 * The one range that a request asks for (RFC 9110, 14.2). Undefined for all of it: when nothing is asked, when it cannot be read, and when
 * several are asked, which a server may leave unheard. `nothing` when it lies behind the end.
 */
export function readRange(header: string | undefined, size: number): Required<ByteRange> | 'nothing' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec((header ?? '').replaceAll(/\s/g, '')) ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size || (first === '' && Number(last) === 0) ? 'nothing' : { start, end };
}
