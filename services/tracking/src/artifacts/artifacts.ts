import type { Readable } from 'node:stream';
import {
  AppError,
  rootCall,
  type ByteRange,
  type CallMeta,
  type Clock,
  type Database,
  type Objects,
  type Queryable,
  type Transaction,
} from '@mlab/kernel';
import { invalidParameter, mlflowError } from '@mlab/mlflow';
import { foldersAbove, placeOf } from '#/domain/artifact-path.ts';
import { mediaTypeOf } from '#/domain/media-type.ts';
import { checkRoom, fileTooLarge, objectKeyOf, type StorageLimits } from '#/domain/storage.ts';
import { deleteFile, deleteFilesBelow, findFile, findObstacle, type ArtifactFile, type Freed } from '#/store/artifact-files.ts';
import { lockUsage, readUsage } from '#/store/artifact-usage.ts';
import { findReplaced, lockPath, writeFile } from '#/store/artifact-write.ts';
import { limited } from './limited.ts';
import type { Sweeper } from './sweeper.ts';

export interface ArtifactsOptions {
  readonly database: Database;
  readonly objects: Objects;
  readonly sweeper: Sweeper;
  readonly clock: Clock;
  /** A name that nobody has had and nobody can guess. */
  readonly newId: () => string;
  readonly limits: StorageLimits;
}

export interface OpenedFile {
  readonly file: ArtifactFile;
  /** The bytes, or those of the range. Whoever does not read it to its end destroys it. */
  readonly body: Readable;
}

/** An object that came whole, and nothing refers to yet. */
export interface NewObject {
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  readonly modifiedAt: Date;
}

export type Artifacts = ReturnType<typeof openArtifacts>;

/** Files deleted in one transaction. */
const BATCH = 2000;
/** A file that is replaced again and again while somebody opens it: so many times are something else. */
const ATTEMPTS = 10;
const SETTLE_MS = 10_000;

/** The files of artifacts. A path is one that `readFilePath` has let pass. */
export function openArtifacts({ database, objects, sweeper, clock, newId, limits }: ArtifactsOptions) {
  /** Makes an object out of what comes. */
  const store = (call: CallMeta, source: AsyncIterable<Uint8Array>, used: number): Promise<NewObject> =>
    objects.put(objectKeyOf(clock.now(), newId()), limited(source, limits, used), { signal: call.signal });

  /**
   * Runs a transaction that makes something refer to a new object, or finds that nothing shall. A commit that was not confirmed may have been
   * made, or be on its way: `refers` waits for its locks and looks. Where the database does not even say this, the object stays, perhaps as
   * an orphan.
   */
  async function keep(
    call: CallMeta,
    { key }: NewObject,
    work: (tx: Transaction) => Promise<unknown>,
    refers: (tx: Queryable) => Promise<boolean>,
  ): Promise<void> {
    try {
      if ((await database.transaction(call, work)) !== NOT_WANTED) return;
    } catch (error) {
      const found = await database.transaction(rootCall('tracking', SETTLE_MS), refers).catch(() => true);
      if (!found) await discard(key);
      throw error;
    }
    await discard(key);
  }

  /** When this fails too, it is an orphan, which cleaning finds. */
  const discard = (key: string): Promise<unknown> => objects.delete(key).catch(() => {});

  const refersTo =
    (path: string, key: string) =>
    async (tx: Queryable): Promise<boolean> => {
      await lockPath(tx, path, foldersAbove(path));
      return (await findFile(tx, placeOf(path)))?.objectKey === key;
    };

  /** Refuses before the bytes have come what cannot be kept. Answers what is in use, where that matters. */
  async function checkAhead(call: CallMeta, path: string, length: number | undefined): Promise<number> {
    if (limits.maxFileBytes > 0 && length !== undefined && length > limits.maxFileBytes) throw fileTooLarge(limits);
    if (limits.quotaBytes === 0) return 0;
    const db = database.for(call);
    const { bytes } = await readUsage(db);
    const replaced = (await findFile(db, placeOf(path)))?.size ?? 0;
    checkRoom(limits, bytes, { added: length ?? 0, replaced });
    return bytes - replaced;
  }

  /** Has a path to itself until the transaction ends; throws when no file can lie there. */
  async function claim(tx: Transaction, path: string): Promise<void> {
    const above = foldersAbove(path);
    await lockPath(tx, path, above);
    const { fileAbove, isFolder, isRemoved } = await findObstacle(tx, path, above);
    if (fileAbove !== undefined) throw invalidParameter(`Invalid path: '${shorten(fileAbove)}' is a file, so nothing can lie below it.`);
    if (isFolder) throw invalidParameter(`Invalid path: '${shorten(path)}' is a folder.`);
    if (isRemoved) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `The run or model of '${shorten(path)}' has been removed.`);
  }

  /** Puts a file where it belongs. Its path has been claimed. */
  async function write(tx: Transaction, path: string, { key, size, sha256, modifiedAt }: NewObject): Promise<ArtifactFile> {
    const place = placeOf(path);
    const file = { ...place, objectKey: key, size, sha256, contentType: mediaTypeOf(place.name), modifiedMs: modifiedAt.getTime() };
    if (limits.quotaBytes > 0) {
      const { bytes } = await lockUsage(tx);
      checkRoom(limits, bytes, { added: size, replaced: (await findReplaced(tx, file)) ?? 0 });
    }
    if (await writeFile(tx, file)) tx.afterCommit(sweeper.wake);
    return file;
  }

  return {
    find: (call: CallMeta, path: string): Promise<ArtifactFile | undefined> => findFile(database.for(call), placeOf(path)),
    open: async (call: CallMeta, path: string, rangeOf?: (file: ArtifactFile) => ByteRange | undefined): Promise<OpenedFile> => {
      for (let attempt = 1; ; attempt++) {
        const file = await findFile(database.for(call), placeOf(path));
        if (file === undefined) throw noSuchArtifact(path);
        const range = rangeOf?.(file);
        try {
          const { body } = await objects.get(file.objectKey, {
            ...(range === undefined ? {} : { range }),
            signal: call.signal,
          });
          return {
            file,
            body,
          };
        } catch (error) {
          if (!AppError.is(error, 'not_found')) throw error;
          if (attempt === ATTEMPTS || (await findFile(database.for(call), placeOf(path)))?.objectKey === file.objectKey)
            throw new Error(`The object ${file.objectKey} of the artifact ${path} is missing.`, { cause: error });
        }
      }
    },
    put: async (call: CallMeta, path: string, source: AsyncIterable<Uint8Array>, length?: number): Promise<void> => {
      const object = await store(call, source, await checkAhead(call, path, length));
      const work = async (tx: Transaction): Promise<void> => {
        await claim(tx, path);
        await write(tx, path, object);
      };
      await keep(call, object, work, refersTo(path, object.key));
    },
    remove: async (call: CallMeta, path: string): Promise<Freed> => {
      let freed: Freed = {
        files: 0,
        bytes: 0,
      };
      for (;;) {
        const batch = await database.transaction(call, async (tx) => {
          await lockPath(tx, path, foldersAbove(path));
          const file = await deleteFile(tx, placeOf(path));
          const inside = await deleteFilesBelow(tx, path, BATCH);
          tx.afterCommit(sweeper.wake);
          return {
            files: file.files + inside.files,
            bytes: file.bytes + inside.bytes,
          };
        });
        freed = {
          files: freed.files + batch.files,
          bytes: freed.bytes + batch.bytes,
        };
        if (batch.files < BATCH) return freed;
      }
    },
    store,
    keep,
    refersTo,
    checkAhead,
    claim,
    write,
  };
}

/** What a transaction answers that has no use for the object it was given. */
export const NOT_WANTED = Symbol('not wanted');

export const noSuchArtifact = (path: string): Error => mlflowError('RESOURCE_DOES_NOT_EXIST', `No such artifact: '${shorten(path)}'`);

const shorten = (path: string): string => (path.length > 300 ? `${path.slice(0, 300)}…` : path);
