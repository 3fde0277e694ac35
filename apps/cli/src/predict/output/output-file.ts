import { open, rename, rm, stat } from 'node:fs/promises';
import { CliError, messageOf } from '../../cli-error.ts';

/** A place to write to. What is written to a file is there once `finish` was called, whole; disposed before that, nothing of it is. */
export interface Output extends AsyncDisposable {
  write(text: string): Promise<void>;
  finish(): Promise<void>;
}

export async function openOutputFile(path: string): Promise<Output> {
  const unfinished = `${path}.${process.pid}.part`;
  const told = (error: unknown): CliError => {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'its folder is not there' : code === 'EACCES' ? 'this user may not' : messageOf(error);
    return new CliError(`${path} cannot be written: ${why}.`, { cause: error });
  };
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) throw new CliError(`${path} is a folder; --output takes a file.`);
  const file = await open(unfinished, 'w').catch((error: unknown) => {
    throw told(error);
  });
  let isOver = false;
  return {
    write: async (text) => {
      await file.appendFile(text).catch((error: unknown) => {
        throw told(error);
      });
    },
    async finish() {
      await file.close();
      await rename(unfinished, path).catch((error: unknown) => {
        throw told(error);
      });
      isOver = true;
    },
    async [Symbol.asyncDispose]() {
      if (isOver) return;
      await file.close().catch(() => undefined);
      await rm(unfinished, { force: true });
    },
  };
}

/** Standard output, no faster than it is read. */
export function standardOutput(stream: NodeJS.WritableStream, signal: AbortSignal): Output {
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        if (stream.write(text) || signal.aborted) resolve();
        else {
          const stop = (): void => reject(signal.reason as Error);
          signal.addEventListener('abort', stop, { once: true });
          stream.once('drain', () => {
            signal.removeEventListener('abort', stop);
            resolve();
          });
        }
      }),
    finish: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
