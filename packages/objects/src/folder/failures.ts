import { AppError } from '@mlab/kernel';
import { hasCode } from '#/folder/tree.ts';

const SETTING = 'MLAB_OBJECTS_FOLDER';

/** What a caller may know of an error of the file system. No path: that is in the cause, for the log. */
export function explainFolderError(error: unknown): unknown {
  const unavailable = (message: string, retryAfter?: number): AppError =>
    new AppError('unavailable', message, { cause: error, retryAfter });
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return new AppError('storage_full', 'The disk for objects is full.', { cause: error });
  if (hasCode(error, 'EROFS')) return unavailable(`The folder for objects (${SETTING}) is on a disk that can only be read.`);
  if (hasCode(error, 'EACCES', 'EPERM')) return unavailable(`The folder for objects (${SETTING}) is not this process's to read and write.`);
  if (hasCode(error, 'EMFILE', 'ENFILE')) return unavailable('Too many files are open to open another one.', 1);
  if (hasCode(error, 'EFBIG')) return new AppError('too_large', 'It is larger than a file can be here.', { cause: error });
  if (hasCode(error, 'ENAMETOOLONG'))
    return new AppError('invalid', 'The key is too long for the file system of this machine.', { cause: error });
  return error;
}
