import type { ForeignAnswer } from '@mlab/kernel';
import { answer } from '@mlab/mlflow';
import { joinPaths } from '#/domain/artifact-path.ts';
import type { Entry } from '#/artifacts/listing.ts';
import { unlessEmpty } from './shapes.ts';

interface Shape {
  /** What stands before each name. */
  readonly below: string;
  readonly rootUri?: string;
}

const fileInfo = (below: string, { name, size }: Entry) => ({ path: joinPaths(below, name), is_dir: size === undefined, file_size: size });

/** What is in a folder as MLflow's clients read it. A large one is told as it is read, for there is no next page in this protocol. */
export async function folderAnswer(
  pieces: AsyncGenerator<readonly Entry[], void, void>,
  { below, rootUri }: Shape,
): Promise<ForeignAnswer> {
  const first = await pieces.next();
  const entries = first.done === true ? [] : first.value;
  const second = await pieces.next();
  if (second.done === true) return answer({ root_uri: rootUri, files: unlessEmpty(entries.map((entry) => fileInfo(below, entry))) });
  return {
    status: 200,
    contentType: 'application/json',
    body: write(entries, second.value, pieces, { below, ...(rootUri === undefined ? {} : { rootUri }) }),
  };
}

async function* write(
  first: readonly Entry[],
  second: readonly Entry[],
  others: AsyncGenerator<readonly Entry[], void, void>,
  { below, rootUri }: Shape,
): AsyncGenerator<Uint8Array, void, void> {
  const text = (entries: readonly Entry[]): string => entries.map((entry) => JSON.stringify(fileInfo(below, entry))).join(',');
  yield Buffer.from(`{${rootUri === undefined ? '' : `"root_uri":${JSON.stringify(rootUri)},`}"files":[${text(first)}`);
  if (second.length > 0) yield Buffer.from(`,${text(second)}`);
  for await (const entries of others) if (entries.length > 0) yield Buffer.from(`,${text(entries)}`);
  yield Buffer.from(']}');
}
