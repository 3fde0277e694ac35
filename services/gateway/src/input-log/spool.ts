import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { AppError } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { Entry } from '#/domain/input-log/entry.ts';
import { encodeRecord } from '#/domain/input-log/spool-record.ts';
import { findAbandoned, newSpoolPath } from '#/input-log/spool-files.ts';
import { readSpool } from '#/input-log/read-spool.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** Of all that waits in the own file. */
  readonly maxBytes: number;
  readonly log: Logger;
}

/** Who appends faster than can be replayed must be stopped by whoever replays. */
const MOST_PASSES = 20;

type Write = (entries: readonly Entry[]) => Promise<void>;

/** Entries on this machine's disk while the database is away. Each gateway writes a file of its own. */
export interface Spool {
  readonly bytes: number;
  readonly records: number;
  /** Resolves when the entries are on the disk. One at a time. Refuses with `unavailable` when there is no room. */
  append(entries: readonly Entry[]): Promise<void>;
  /** Hands what was appended to `write`, in order and each once; what is appended meanwhile, too, as far as it can keep up. */
  replay(write: Write): Promise<void>;
  /** Removes what was appended: all of it has been replayed. */
  clear(): Promise<void>;
  /** Hands over what gateways have left that ended before they could. */
  adopt(write: Write): Promise<void>;
  /** Leaves the own file as it is, for whoever takes it up. */
  close(): Promise<void>;
}

interface SpoolFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly inode: bigint;
  /** Bytes that are safely on the disk. */
  size: number;
  records: number;
  /** Bytes that are in the database too. */
  replayed: number;
}

export function openSpool({ folder, maxBytes, log }: SpoolOptions): Spool {
  let file: SpoolFile | undefined;

  async function append(entries: readonly Entry[]): Promise<void> {
    const records = Buffer.concat(entries.map((entry) => encodeRecord(entry, crc32)));
    if ((file?.size ?? 0) + records.length > maxBytes) throw full(maxBytes);
    try {
      await putAway(records, entries.length);
    } catch (error) {
      throw new AppError('unavailable', 'The input log is unavailable: neither its database nor its spool takes the input.', {
        cause: error,
        retryAfter: 1,
      });
    }
  }

  async function putAway(records: Uint8Array, count: number): Promise<void> {
    for (;;) {
      file ??= await create(folder);
      const mine = file;
      await put(mine, records);
      // Somebody who took us for dead may have renamed the file, and may have read it before this was in it.
      if (await isAt(mine)) {
        mine.size += records.length;
        mine.records += count;
        return;
      }
      await mine.handle.close();
      file = undefined;
    }
  }

  return {
    get bytes() {
      return file?.size ?? 0;
    },
    get records() {
      return file?.records ?? 0;
    },
    append,
    async replay(write) {
      const mine = file;
      if (mine === undefined) return;
      for (let pass = 0; pass < MOST_PASSES && mine.replayed < mine.size; pass++) {
        const { end, damaged } = await readSpool(mine.handle, { from: mine.replayed, to: mine.size }, write);
        mine.replayed = end;
        if (damaged) return;
      }
    },
    async clear() {
      const mine = file;
      file = undefined;
      if (mine !== undefined) await finish(mine, mine.replayed < mine.size);
    },
    close: async () => file?.handle.close(),
    async adopt(write) {
      for (const { path, taken } of await findAbandoned(folder)) {
        const handle = await open(taken, 'r');
        const { size } = await handle.stat();
        try {
          const { end, damaged } = await readSpool(handle, { from: 0, to: size }, write);
          log.info({ file: path, bytes: end, torn: size - end }, 'the spool of a gateway that has ended is in the database');
          await finish({ path: taken, handle }, damaged);
        } finally {
          await handle.close();
        }
      }
    },
  };

  async function finish({ path, handle }: Pick<SpoolFile, 'path' | 'handle'>, damaged: boolean): Promise<void> {
    await handle.close();
    if (!damaged) return rm(path, { force: true });
    log.error({ file: `${path}.damaged` }, 'a spool cannot be read to its end; what was readable is in the database');
    await rename(path, `${path}.damaged`);
  }
}

async function create(folder: string): Promise<SpoolFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = newSpoolPath(folder);
  const handle = await open(path, 'wx+', 0o600);
  const { ino } = await handle.stat({ bigint: true });
  await syncFolder(folder);
  return { path, handle, inode: ino, size: 0, records: 0, replayed: 0 };
}

async function put({ handle, size }: SpoolFile, records: Uint8Array): Promise<void> {
  try {
    for (let written = 0; written < records.length;)
      written += (await handle.write(records, written, records.length - written, size + written)).bytesWritten;
    await handle.datasync();
  } catch (error) {
    // What stands there in part must not be met by who reads on.
    await handle.truncate(size).catch(() => {});
    throw error;
  }
}

async function isAt({ path, inode }: SpoolFile): Promise<boolean> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.ino === inode;
}

/** The name of a new file is only safe with its folder; Windows keeps it without, and cannot be asked. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

const full = (maxBytes: number): AppError =>
  new AppError('unavailable', `The input log is unavailable: its database is away, and its spool is full (${maxBytes} bytes).`, {
    retryAfter: 5,
  });
