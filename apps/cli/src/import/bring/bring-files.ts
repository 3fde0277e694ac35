import { createHash } from 'node:crypto';
import type { StoredFile } from '../lab/lab.ts';
import type { SourceFile, SourceLoggedModel, SourceRun } from '../source.ts';
import type { Bring } from './bring.ts';
import { guarded } from './guarded.ts';

interface Sent {
  readonly file: SourceFile;
  readonly sha256: string;
}

/** Brings the files of a run or a logged model, and compares what has arrived with what was sent. Answers how many are new, and whether all are there. */
export async function bringFiles(
  bring: Bring,
  owner: SourceRun | SourceLoggedModel,
  uri: string,
): Promise<{ readonly brought: number; readonly whole: boolean }> {
  const { source, lab, report } = bring;
  let whole = true;
  let there: ReadonlyMap<string, StoredFile> | undefined;
  const sent: Sent[] = [];
  for await (const found of source.files(owner)) {
    if (!('value' in found)) {
      // A link is left out on purpose; that is told, and nothing is missing that could come.
      report.skipped('file', `${owner.id}/${found.id}`, found.problem);
      continue;
    }
    const { value: file } = found;
    const name = `${owner.id}/${file.path}`;
    const succeeded = await guarded(bring, 'file', name, async () => {
      there ??= await lab.files(uri);
      const known = there.get(file.path);
      if (known === undefined) sent.push(await send(bring, owner, file, uri));
      else if (!(await isSame(bring, owner, file, known))) throw new Error('there is another file of this name here already');
    });
    whole &&= succeeded;
  }
  if (sent.length === 0) return { brought: 0, whole };
  const arrived = await lab.files(uri);
  for (const { file, sha256 } of sent) {
    if (arrived.get(file.path)?.sha256 === sha256) report.brought('file', `${owner.id}/${file.path}`);
    else {
      whole = false;
      report.failed('file', `${owner.id}/${file.path}`, 'what has arrived is not what was sent: its checksum is another one');
    }
  }
  return { brought: sent.length, whole };
}

async function send({ source, lab, report }: Bring, owner: SourceRun | SourceLoggedModel, file: SourceFile, uri: string): Promise<Sent> {
  let hash = createHash('sha256');
  async function* read(): AsyncGenerator<Uint8Array, void, void> {
    hash = createHash('sha256');
    for await (const chunk of await source.open(owner, file)) {
      hash.update(chunk);
      report.bytes(chunk.length);
      yield chunk;
    }
  }
  await lab.upload(uri, file.path, read);
  return { file, sha256: hash.digest('hex') };
}

/** Where the checksum would cost a download, the size must do: a file is there whole or not at all. */
async function isSame({ source }: Bring, owner: SourceRun | SourceLoggedModel, file: SourceFile, known: StoredFile): Promise<boolean> {
  if (known.size !== file.size) return false;
  const checksum = await source.checksum(owner, file);
  return checksum === undefined || checksum === known.sha256;
}
