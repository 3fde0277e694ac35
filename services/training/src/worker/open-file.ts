import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import { AppError } from '@mlab/kernel/errors';
import type { Dataset, ReadLimits } from '#/data/dataset.ts';
import { openDataset } from '#/data/open-dataset.ts';
import type { ThreadFile } from './messages.ts';

/** While a thread reads it takes messages, and one of them says that it is to end. */
function whenTold(): AbortSignal {
  const controller = new AbortController();
  parentPort?.on('message', (said: unknown) => {
    if (said === 'end') controller.abort(new AppError('cancelled', 'The job was cancelled.'));
  });
  return controller.signal;
}

const signal = whenTold();

/** Looks through a file of this machine. */
export function openFile(file: ThreadFile & { readonly types?: TrainingSpec['types'] }, limits: ReadLimits): Promise<Dataset> {
  const { path, name, reading, types = [] } = file;
  const columns = types.map(({ column, kind: type, missing, decimalComma }) => ({ name: column, type, missing, decimalComma }));
  const source = { name, open: () => Promise.resolve(createReadStream(path)) };
  return openDataset(source, { options: { ...reading, columns }, limits, directory: tmpdir(), signal });
}
