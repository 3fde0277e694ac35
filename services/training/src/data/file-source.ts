import { constants } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { AppError } from '@mlab/kernel/errors';
import type { DataSource } from '#/data/dataset.ts';

/** A file below a folder. A path that leads elsewhere, by its words or by a link, is refused, and so is what is no plain file. */
export const fileSource = (root: string, path: string): DataSource => ({
  name: path,
  async open(signal) {
    const file = await openBelow(root, path);
    return file.createReadStream({ highWaterMark: 2 ** 20, signal });
  },
});

async function openBelow(root: string, path: string): Promise<FileHandle> {
  checkWords(path);
  const folder = await realpath(root).catch((error: unknown) => {
    throw new AppError('unavailable', 'The folder of data files is not there.', { cause: error });
  });
  const place = await realpath(join(folder, path)).catch((error: unknown) => {
    throw new AppError('not_found', `There is no file ${shown(path)} in the folder of data files.`, { cause: error });
  });
  if (!place.startsWith(folder.endsWith(sep) ? folder : folder + sep)) throw refusal(path, 'leads out of the folder of data files');
  // Without waiting for a writer, should it be a pipe; and no link, should one have taken its place meanwhile.
  const file = await open(place, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch((error: unknown) => {
    throw new AppError('invalid', `The file ${shown(path)} cannot be opened.`, { cause: error });
  });
  try {
    const [opened, there] = [await file.stat(), await stat(place)];
    if (!opened.isFile()) throw refusal(path, 'is no plain file');
    const again = await realpath(join(folder, path));
    if (again !== place || opened.ino !== there.ino || opened.dev !== there.dev) throw refusal(path, 'changed while it was opened');
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function checkWords(path: string): void {
  if (path === '' || path.includes('\0')) throw refusal(path, 'is empty or has a zero byte');
  if (/^[a-z][a-z0-9+.-]+:/i.test(path)) throw refusal(path, 'is an address; it has to be a path below the folder of data files');
  if (isAbsolute(path) || /^[\\/]|^[a-z]:/i.test(path))
    throw refusal(path, 'is absolute; it has to be a path below the folder of data files');
  if (path.split(/[\\/]/).includes('..')) throw refusal(path, 'has "..", which could lead out of the folder of data files');
  if (/[*?]/.test(path)) throw refusal(path, 'is a pattern; it has to be the path of one file');
}

const shown = (path: string): string => JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);

const refusal = (path: string, why: string): AppError => new AppError('invalid', `The path ${shown(path)} ${why}.`);

/** What is uploaded, comes from standard input, or is kept by another service. Its name says of what format it is. */
export const streamSource = (
  name: string,
  opened: (signal: AbortSignal) => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>,
): DataSource => ({
  name,
  open: async (signal) => await opened(signal),
});
