import { statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';

/** Linux keeps what lies there in memory. */
const MEMORY = '/dev/shm';
/** Databases that are open at once, and the log of what was written to them, need a few hundred MB. */
const ROOM = 3 * 2 ** 30;

/**
 * Where clusters of tests lie: in memory where there is room. A database is 300 files, and to make and delete them costs the file system of a
 * disk ten times as much as all that PostgreSQL does for a test.
 */
export function folderForTests(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize > ROOM && freemem() > 2 * ROOM) return MEMORY;
  } catch {
    // There is no such folder.
  }
  return tmpdir();
}
