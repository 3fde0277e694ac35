import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@mlab/kernel';
import { wrongField } from '#/domain/refuse.ts';

/** A file below the root. */
export interface RootFile {
  /** Of the machine. */
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
}

export interface DataRoot {
  /** Throws what says which field is wrong: for a path that leads out of the root, also by a link, and for what is no file. */
  find(path: string): Promise<RootFile>;
}

export function openDataRoot(folder: string): DataRoot {
  return {
    find: async (path) => {
      if (folder === '')
        throw new AppError(
          'invalid',
          'path: files are learnt from where they lie only below MLAB_TRAINING_DATA_ROOT, which is not set; upload the file.',
        );
      if (isAbsolute(path) || path.includes('\0') || path.includes('\\') || path.split('/').some((part) => part === '..' || part === ''))
        throw wrongField('path', 'must be the path of a file below the root, such as churn/2026.csv', path);
      const root = await realpath(folder).catch((error: unknown) => {
        throw new AppError('unavailable', 'The folder of MLAB_TRAINING_DATA_ROOT cannot be read.', { cause: error });
      });
      const found = await realpath(resolve(root, path)).catch(() => undefined);
      if (found === undefined) throw wrongField('path', 'must be the path of a file below the root, and there is none', path);
      if (!found.startsWith(root + sep)) throw wrongField('path', 'must not lead out of the root', path);
      const { size, isFile } = await stat(found).then((info) => ({ size: info.size, isFile: info.isFile() }));
      if (!isFile) throw wrongField('path', 'must be a file, and is none', path);
      return { path: found, name: basename(path), bytes: size };
    },
  };
}

export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}
