import { createHash } from 'node:crypto';
import type { Version } from '@mlab/contracts/registry-schemas';
import type { tracking } from '@mlab/contracts/tracking';
import { AppError, type CallMeta, type ClientOf } from '@mlab/kernel';
import { findOnnxFile, type ListedFile } from '#/domain/find-onnx-file.ts';

type Tracking = ClientOf<typeof tracking>;

export interface FetchLimits {
  readonly maxModelBytes: number;
  readonly requireDigests: boolean;
}

/** The file of a model as it was verified. */
export interface FetchedModel {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly sha256: string;
  /** `input_example.json`, where it is there. */
  readonly example: unknown;
  /** `profile.json`: how what it was learnt from is distributed, where that is there. */
  readonly profile: unknown;
}

const MLMODEL_BYTES = 1_048_576;
/** Of what is read beside the model. */
const BESIDE_BYTES = 4_194_304;

/** Brings the ONNX file of a version from where tracking keeps it. What is not as the registry knows it is refused as `conflict`. */
export async function fetchModel(tracking: Tracking, version: Version, limits: FetchLimits, call: CallMeta): Promise<FetchedModel> {
  const files = version.files ?? (await unverified(tracking, version, limits, call));
  const described = files.find(({ path }) => path === 'MLmodel');
  const read = (file: ListedFile, most: number): Promise<Fetched> => readFile(tracking, version, file, { most, call });
  const mlmodel = described === undefined ? undefined : Buffer.from((await read(described, MLMODEL_BYTES)).bytes).toString('utf8');
  const onnx = findOnnxFile(files, mlmodel);
  if (typeof onnx === 'string') throw new AppError('conflict', onnx);
  const model = await read(onnx, limits.maxModelBytes);
  const beside = async (name: string): Promise<unknown> => {
    const file = files.find(({ path, size }) => path === name && size <= BESIDE_BYTES);
    return file === undefined ? undefined : parsed((await read(file, BESIDE_BYTES)).bytes);
  };
  return { ...model, example: await beside('input_example.json'), profile: await beside('profile.json') };
}

async function unverified(
  tracking: Tracking,
  { location }: Version,
  { requireDigests }: FetchLimits,
  call: CallMeta,
): Promise<readonly ListedFile[]> {
  if (requireDigests) {
    throw new AppError(
      'conflict',
      `The registry knows no SHA-256 of its files, which lie at ${location}; MLAB_PREDICTOR_REQUIRE_DIGESTS=false lets it be served all the same.`,
    );
  }
  const { items } = await tracking.listFiles({ uri: location, limit: 1000 }, call);
  return items.map(({ path, size }) => ({ path, size }));
}

type Fetched = Omit<FetchedModel, 'example' | 'profile'>;

async function readFile(
  tracking: Tracking,
  { location }: Version,
  { path, size, sha256: expected }: ListedFile,
  { most, call }: { readonly most: number; readonly call: CallMeta },
): Promise<Fetched> {
  if (size > most) throw new AppError('conflict', `Its file ${path} has ${size} bytes, and at most ${most} are loaded.`);
  const { body } = await tracking.getFile({ uri: `${location.replace(/\/+$/, '')}/${path}` }, call);
  // Shared, so that threads can read it without a copy of their own.
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of body) {
    if (length + chunk.length > size)
      throw new AppError('conflict', `Its file ${path} has more than the ${size} bytes that it should have.`);
    bytes.set(chunk, length);
    hash.update(chunk);
    length += chunk.length;
  }
  const sha256 = hash.digest('hex');
  if (length !== size || (expected !== undefined && sha256 !== expected)) {
    const is = length === size ? `the SHA-256 ${sha256}` : `${length} bytes`;
    const should = length === size ? expected : `${size}`;
    throw new AppError('conflict', `Its file ${path} is not the one that was registered: it has ${is}, and should have ${should}.`);
  }
  return { bytes, sha256 };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
