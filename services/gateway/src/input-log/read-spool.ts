import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Entry } from '#/domain/input-log/entry.ts';
import { decodeRecords } from '#/domain/input-log/spool-record.ts';

const CHUNK = 1024 * 1024;

export interface SpoolReading {
  /** Where the last whole record ended. */
  readonly end: number;
  /** Whether what stands behind it is not just the beginning of a record, as a killed process leaves it. */
  readonly damaged: boolean;
}

/** Hands the records of a stretch of a file to `write`, a megabyte at a time. */
export async function readSpool(
  handle: FileHandle,
  { from, to }: { readonly from: number; readonly to: number },
  write: (entries: readonly Entry[]) => Promise<void>,
): Promise<SpoolReading> {
  let offset = from;
  let length = CHUNK;
  while (offset < to) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(length, to - offset)), 0, undefined, offset);
    const { entries, consumed, rest, needed } = decodeRecords(buffer.subarray(0, bytesRead), crc32);
    if (entries.length > 0) await write(entries);
    offset += consumed;
    if (rest === 'damaged') return { end: offset, damaged: true };
    if (bytesRead === 0 || offset + needed > to) break;
    length = Math.max(CHUNK, needed);
  }
  return { end: offset, damaged: false };
}
