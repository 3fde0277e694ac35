import type { StoredFile } from '@mlab/contracts/tracking';
import type { CallMeta, Database, Download } from '@mlab/kernel';
import { invalidParameter } from '@mlab/mlflow';
import type { Artifacts } from '#/artifacts/artifacts.ts';
import { pathOf, placeOf, type FilePlace } from '#/domain/artifact-path.ts';
import { artifactUriOf, parseArtifactUri, pathBelow } from '#/domain/artifact-uri.ts';
import type { LoggedModels } from '#/logged-models.ts';
import type { Runs } from '#/runs.ts';
import { findFile, hasFiles, listFilesBelow, type ArtifactFile } from '#/store/artifact-files.ts';
import { findLoggedModelOfRun } from '#/store/logged-models.ts';

export interface FilesOptions {
  readonly database: Database;
  readonly artifacts: Artifacts;
  readonly runs: Runs;
  readonly loggedModels: LoggedModels;
}

export interface FileListing {
  readonly uri: string;
  readonly items: StoredFile[];
  readonly next?: string;
}

export type Files = ReturnType<typeof openFiles>;

/** Files by their URIs, for other services. */
export function openFiles({ database, artifacts, runs, loggedModels }: FilesOptions) {
  /** The path below the root of all that a URI stands for. */
  async function resolve(call: CallMeta, uri: string): Promise<string> {
    const asked = parseArtifactUri(uri);
    if (asked.kind === 'here') return asked.path;
    if (asked.kind === 'logged-model') return pathBelow((await loggedModels.get(call, asked.modelId)).artifactUri, asked.path);
    const run = await runs.find(call, asked.runId);
    const path = pathBelow(run.artifactUri, asked.path);
    const [name = '', ...rest] = asked.path.split('/');
    if (name === '') return path;
    const db = database.for(call);
    if ((await hasFiles(db, path)) || (await findFile(db, placeOf(path))) !== undefined) return path;
    // Since MLflow 3 a model that was logged as `model` lies by itself, and runs:/…/model still means it.
    const model = await findLoggedModelOfRun(db, run.id, name);
    return model === undefined ? path : pathBelow(model.artifactUri, rest.join('/'));
  }

  return {
    /** All files of a folder and below it, or the one file that the URI names. */
    list: async (call: CallMeta, uri: string, limit: number, cursor: string | undefined): Promise<FileListing> => {
      const path = await resolve(call, uri);
      const db = database.for(call);
      const single = path === '' ? undefined : await findFile(db, placeOf(path));
      if (single !== undefined) return { uri: artifactUriOf(path), items: [toStored(single, path)] };
      const found = await listFilesBelow(db, path, readCursor(cursor), limit + 1);
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        uri: artifactUriOf(path),
        items: page.map((file) => toStored(file, path)),
        ...(last === undefined ? {} : { next: writeCursor(last) }),
      };
    },

    /** Answers the URI of where it lies. */
    put: async (call: CallMeta, uri: string, body: AsyncIterable<Uint8Array>): Promise<string> => {
      if (parseArtifactUri(uri).path === '') throw invalidParameter(`'${uri.slice(0, 300)}' names no file.`);
      const path = await resolve(call, uri);
      await artifacts.put(call, path, body);
      return artifactUriOf(path);
    },

    download: async (call: CallMeta, uri: string): Promise<Download> => {
      const path = await resolve(call, uri);
      if (path === '') throw invalidParameter(`'${uri.slice(0, 300)}' names no file.`);
      const { file, body } = await artifacts.open(call, path);
      return { contentType: 'application/octet-stream', fileName: file.name, body };
    },
  };
}

/** The path is relative to what was asked for; the file that was itself asked for has ''. */
const toStored = (file: ArtifactFile, folder: string): StoredFile => ({
  path: pathOf(file).slice(folder === '' ? 0 : folder.length + 1),
  size: file.size,
  sha256: file.sha256,
  contentType: file.contentType,
  modifiedAt: new Date(file.modifiedMs).toISOString(),
});

const writeCursor = ({ folder, name }: FilePlace): string => Buffer.from(JSON.stringify([folder, name])).toString('base64url');

function readCursor(cursor: string | undefined): FilePlace {
  if (cursor === undefined) return { folder: '', name: '' };
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(value)) {
      const [folder, name] = value as readonly unknown[];
      if (typeof folder === 'string' && typeof name === 'string' && isText(folder) && isText(name)) return { folder, name };
    }
  } catch {
    // It is told below.
  }
  throw invalidParameter('The cursor is not one that this service has given.');
}

const isText = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
