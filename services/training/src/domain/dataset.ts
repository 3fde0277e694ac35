import type { Dataset, Encoding, FileFormat } from '@mlab/contracts/training-data';

/** How whoever described a file said it is to be read. */
export interface Reading {
  readonly format?: FileFormat;
  readonly encoding?: Encoding;
  readonly replaceInvalid?: boolean;
  readonly delimiter?: string;
  readonly quote?: string;
  readonly header?: boolean;
}

export interface KeptDataset {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly source: 'path' | 'upload';
  /** The path below the root, or the key of the object. */
  readonly place: string;
  readonly fileName: string;
  readonly reading: Reading;
  readonly bytes: number;
  readonly sha256: string;
  readonly createdAt: Date;
}

export const datasetView = ({ id, name, source, place, fileName, reading, bytes, sha256, createdAt }: KeptDataset): Dataset => ({
  id,
  name,
  ...(reading.format === undefined ? {} : { format: reading.format }),
  source: source === 'path' ? { kind: 'path', path: place } : { kind: 'upload', fileName },
  bytes,
  sha256,
  createdAt: createdAt.toISOString(),
});

/** Where it lies, as it is told to others. */
export const sourceOf = ({ source, place, id }: Pick<KeptDataset, 'source' | 'place' | 'id'>): string =>
  source === 'path' ? place : `mlab-training:/datasets/${id}`;
