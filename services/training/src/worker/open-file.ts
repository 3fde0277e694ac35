import { createReadStream } from 'node:fs';
import type { Dataset, ReadLimits } from '#/data/dataset.ts';
import { openDataset } from '#/data/open-dataset.ts';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import type { ThreadFile } from './messages.ts';

/** Looks through a file of this machine. */
export function openFile(file: ThreadFile & { readonly types?: TrainingSpec['types'] }, limits: ReadLimits): Promise<Dataset> {
  const { path, name, reading, types = [] } = file;
  const columns = types.map(({ column, kind }) => ({ name: column, type: kind }));
  const source = { name, open: () => Promise.resolve(createReadStream(path)) };
  return openDataset(source, { ...reading, columns }, { limits });
}
