import { mkdtemp, rm } from 'node:fs/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DatasetSchema } from '@mlab/contracts/training-data';
import { AppError, type CallMeta, type Clock, type Database, type Download, type Objects } from '@mlab/kernel';
import type { Config } from '#/config.ts';
import type { KeptDataset, Reading } from '#/domain/dataset.ts';
import { absent, wrongField } from '#/domain/refuse.ts';
import { openDataRoot, sha256Of } from '#/files/data-root.ts';
import {
  deleteDataset,
  findDataset,
  findDescription,
  insertDataset,
  keepDescription,
  listDatasets,
  lockDataset,
  type DatasetPage,
} from '#/store/datasets.ts';
import { findOpenJobOf } from '#/store/jobs.ts';
import { findOpenStudyOf } from '#/store/studies.ts';
import type { Described, DescribedTask } from '#/worker/messages.ts';

export interface DatasetsOptions {
  readonly database: Database;
  readonly objects: Objects;
  readonly config: Config;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Looks through a file, in a thread. */
  readonly describe: (
    file: LocalFile,
    target: string | undefined,
    signal: AbortSignal,
  ) => Promise<{ description: Described; task?: DescribedTask }>;
}

/** A dataset as a file of this machine; disposing takes away what was made for it. */
export interface LocalFile extends AsyncDisposable {
  readonly path: string;
  /** Which says of what format it is. */
  readonly name: string;
  readonly reading: Reading;
}

export interface NewFile extends Reading {
  readonly name?: string;
}

export type Datasets = ReturnType<typeof openDatasets>;

export function openDatasets({ database, objects, config, clock, newId, describe }: DatasetsOptions) {
  const root = openDataRoot(config.dataRoot);

  const mustFind = async (call: CallMeta, id: string): Promise<KeptDataset> => {
    const found = await findDataset(database.for(call), id);
    if (found === undefined) throw absent('dataset', id);
    return found;
  };

  const keep = async (call: CallMeta, made: Omit<KeptDataset, 'seq' | 'createdAt'>): Promise<KeptDataset> => {
    await insertDataset(database.for(call), { ...made, createdAt: clock.now() });
    return mustFind(call, made.id);
  };

  /** The bytes that were described, and no others. */
  const openFile = async (dataset: KeptDataset, signal: AbortSignal): Promise<LocalFile> => {
    const { source, place, fileName: name, reading, sha256, id } = dataset;
    if (source === 'path') {
      const { path } = await root.find(place);
      if ((await sha256Of(path, signal)) !== sha256)
        throw new AppError('conflict', `The file ${place} of the dataset ${id} has changed since it was described: describe it anew.`);
      return { path, name, reading, [Symbol.asyncDispose]: async () => {} };
    }
    const folder = await mkdtemp(join(tmpdir(), 'mlab-training-'));
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      const path = join(folder, 'data');
      const { body } = await objects.get(place, { signal });
      await pipeline(body, createWriteStream(path), { signal });
      return { path, name, reading, [Symbol.asyncDispose]: remove };
    } catch (error) {
      await remove();
      throw error;
    }
  };

  return {
    mustFind,
    openFile,

    describe: async (call: CallMeta, path: string, { name, ...reading }: NewFile): Promise<KeptDataset> => {
      const file = await root.find(path);
      if (file.bytes === 0) throw wrongField('path', 'must be a file with something in it, and this one is empty', path);
      const sha256 = await sha256Of(file.path, call.signal);
      const { bytes, name: fileName } = file;
      return keep(call, { id: newId(), name: name ?? fileName, source: 'path', place: path, fileName, reading, bytes, sha256 });
    },

    upload: async (
      call: CallMeta,
      body: AsyncIterable<Uint8Array>,
      { fileName, name, sha256: announced, ...reading }: NewFile & { fileName: string; sha256?: string },
    ): Promise<KeptDataset> => {
      const id = newId();
      const place = `datasets/${id}`;
      const { size, sha256 } = await objects.put(place, body, {
        maxBytes: config.uploadMaxBytes,
        signal: call.signal,
        ...(announced === undefined ? {} : { sha256: announced }),
      });
      try {
        if (size === 0) throw wrongField('body', 'must be the bytes of a file, and is empty');
        return await keep(call, { id, name: name ?? fileName, source: 'upload', place, fileName, reading, bytes: size, sha256 });
      } catch (error) {
        await objects.delete(place).catch(() => false);
        throw error;
      }
    },

    list: (call: CallMeta, page: DatasetPage): Promise<readonly KeptDataset[]> => listDatasets(database.for(call), page),

    schema: async (call: CallMeta, id: string, target: string | undefined): Promise<DatasetSchema> => {
      const dataset = await mustFind(call, id);
      const known = (await findDescription(database.for(call), id)) as Described | undefined;
      if (known !== undefined && target === undefined) return { id, ...known };
      await using file = await openFile(dataset, call.signal);
      const { description, task } = await describe(file, target, call.signal);
      await keepDescription(database.for(call), id, description);
      return { id, ...description, ...(task === undefined ? {} : { task }) };
    },

    /** The file, which is there until it has been read. */
    content: async (call: CallMeta, id: string): Promise<Download> => {
      const dataset = await mustFind(call, id);
      const file = await openFile(dataset, call.signal);
      return { contentType: 'application/octet-stream', fileName: dataset.fileName, body: read(file) };
    },

    delete: async (call: CallMeta, id: string): Promise<void> => {
      const { source, place } = await database.transaction(call, async (tx) => {
        const found = await lockDataset(tx, id);
        if (found === undefined) throw absent('dataset', id);
        const job = await findOpenJobOf(tx, id);
        if (job !== undefined) throw new AppError('conflict', `The dataset ${id} cannot be deleted while the job ${job} needs it.`);
        const study = await findOpenStudyOf(tx, id);
        if (study !== undefined) throw new AppError('conflict', `The dataset ${id} cannot be deleted while the study ${study} needs it.`);
        await deleteDataset(tx, id);
        return found;
      });
      if (source === 'upload') await objects.delete(place, call.signal);
    },
  };
}

async function* read(file: LocalFile): AsyncGenerator<Uint8Array, void, void> {
  await using opened = file;
  yield* createReadStream(opened.path);
}
