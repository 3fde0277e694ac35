import type { Entry } from '#/domain/input-log/entry.ts';

/*
 * A record of the spool: length of the payload and its CRC-32 as unsigned 32-bit little-endian numbers, then the entry as JSON.
 * What a killed process has written in part is recognised by a length that goes beyond the end, or by a sum that does not fit.
 */

const HEAD = 8;
/** No entry is as long; a length beyond it is damage. */
const LONGEST = 256 * 1024 * 1024;

export type Checksum = (bytes: Uint8Array) => number;

export function encodeRecord(entry: Entry, checksum: Checksum): Uint8Array {
  const payload = new TextEncoder().encode(JSON.stringify(entry));
  const record = new Uint8Array(HEAD + payload.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, checksum(payload), true);
  record.set(payload, HEAD);
  return record;
}

export interface Decoded {
  readonly entries: readonly Entry[];
  /** Bytes of the whole records at the beginning. */
  readonly consumed: number;
  /** What stands behind them: nothing or the beginning of a record, or something that no record begins with. */
  readonly rest: 'incomplete' | 'damaged';
  /** Bytes that the record behind them needs, when its length can be read. */
  readonly needed: number;
}

export function decodeRecords(bytes: Uint8Array, checksum: Checksum): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Entry[] = [];
  let at = 0;
  while (at + HEAD <= bytes.length) {
    const length = view.getUint32(at, true);
    // A disk that lost its power leaves zeros.
    if (length === 0 || length > LONGEST) return { entries, consumed: at, rest: 'damaged', needed: HEAD };
    if (at + HEAD + length > bytes.length) return { entries, consumed: at, rest: 'incomplete', needed: HEAD + length };
    const payload = bytes.subarray(at + HEAD, at + HEAD + length);
    if (checksum(payload) !== view.getUint32(at + 4, true)) return { entries, consumed: at, rest: 'damaged', needed: HEAD + length };
    entries.push(JSON.parse(new TextDecoder().decode(payload)) as Entry);
    at += HEAD + length;
  }
  return { entries, consumed: at, rest: 'incomplete', needed: HEAD };
}
