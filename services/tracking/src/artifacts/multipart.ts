import { rootCall, type CallMeta, type Clock, type Database, type Objects, type Queryable, type Transaction } from '@mlab/kernel';
import { mlflowError } from '@mlab/mlflow';
import { pathOf, placeOf, topOf } from '#/domain/artifact-path.ts';
import { chooseParts, type NamedPart } from '#/domain/multipart.ts';
import { checkRoom, type StorageLimits } from '#/domain/storage.ts';
import { lockUsage } from '#/store/artifact-usage.ts';
import {
  completeUpload,
  deleteUpload,
  dropParts,
  findUpload,
  insertUpload,
  listParts,
  lockUpload,
  touchUpload,
  writePart,
  type UploadPart,
} from '#/store/multipart-uploads.ts';
import { NOT_WANTED, type Artifacts } from './artifacts.ts';
import type { Sweeper } from './sweeper.ts';

interface MultipartOptions {
  readonly database: Database;
  readonly objects: Objects;
  readonly artifacts: Artifacts;
  readonly sweeper: Sweeper;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly limits: StorageLimits;
}

export type Multipart = ReturnType<typeof openMultipart>;

/** Putting the parts of a file together takes as long as copying it. */
const COMPLETE_MS = 3_600_000;

/** Files that come in parts. An upload is known by its id alone: whoever has it may add to it. */
export function openMultipart({ database, objects, artifacts, sweeper, clock, newId, limits }: MultipartOptions) {
  const nowMs = (): number => clock.now().getTime();
  const end = new AbortController();
  /** A client that loses its patience asks again, and finds what it has begun. */
  const completing = new Map<string, Promise<void>>();

  async function mustFind(call: CallMeta, id: string, path?: string) {
    const upload = await findUpload(database.for(call), id);
    if (upload === undefined || (path !== undefined && pathOf(upload) !== path)) throw noUpload(id);
    return upload;
  }

  async function* bytesOf(parts: readonly UploadPart[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    for (const { objectKey } of parts) {
      const { body } = await objects.get(objectKey, { signal });
      for await (const chunk of body) yield chunk as Uint8Array;
    }
  }

  async function putTogether(id: string, path: string, parts: readonly UploadPart[]): Promise<void> {
    const call = rootCall('tracking', COMPLETE_MS, end.signal);
    // The parts are counted already, so what is in use stays as it is.
    const object = await artifacts.store(call, bytesOf(parts, end.signal), -Infinity);
    const work = async (tx: Transaction): Promise<unknown> => {
      const upload = await lockUpload(tx, id);
      if (upload === undefined) throw noUpload(id);
      // Somebody else was faster, with the same parts.
      if (upload.completedMs !== undefined) return NOT_WANTED;
      await artifacts.claim(tx, path);
      if (limits.quotaBytes > 0) await lockUsage(tx);
      await dropParts(tx, id, topOf(path));
      await completeUpload(tx, id, nowMs());
      tx.afterCommit(sweeper.wake);
      return artifacts.write(tx, path, object);
    };
    await artifacts.keep(call, object, work, artifacts.refersTo(path, object.key));
  }

  return {
    begin: async (call: CallMeta, path: string): Promise<string> => {
      await artifacts.checkAhead(call, path, undefined);
      const id = newId();
      await insertUpload(database.for(call), { id, ...placeOf(path) }, nowMs());
      return id;
    },

    /** Answers the checksum of the part. */
    put: async (call: CallMeta, id: string, number: number, source: AsyncIterable<Uint8Array>, length?: number): Promise<string> => {
      const upload = await mustFind(call, id);
      if (upload.completedMs !== undefined) throw noUpload(id);
      const used = await artifacts.checkAhead(call, pathOf(upload), length);
      const object = await artifacts.store(call, source, used);
      const { key, size, sha256 } = object;
      const work = async (tx: Transaction): Promise<void> => {
        const found = await lockUpload(tx, id);
        if (found === undefined || found.completedMs !== undefined) throw noUpload(id);
        if (limits.quotaBytes > 0) {
          const { bytes } = await lockUsage(tx);
          const replaced = (await listParts(tx, id)).find((part) => part.number === number)?.size ?? 0;
          checkRoom(limits, bytes, { added: size, replaced });
        }
        await writePart(tx, id, topOf(pathOf(found)), { number, objectKey: key, size, sha256 });
        await touchUpload(tx, id, nowMs());
        tx.afterCommit(sweeper.wake);
      };
      const refers = async (tx: Queryable): Promise<boolean> => {
        await lockUpload(tx, id);
        return (await listParts(tx, id)).some(({ objectKey }) => objectKey === key);
      };
      await artifacts.keep(call, object, work, refers);
      return sha256;
    },

    /** Doing it twice is the same as doing it once. */
    complete: async (call: CallMeta, id: string, path: string, named: readonly NamedPart[]): Promise<void> => {
      // In this order: the parts of one that is not completed afterwards are all there.
      const known = await listParts(database.for(call), id);
      const upload = await mustFind(call, id, path);
      if (upload.completedMs !== undefined) return;
      const parts = chooseParts(named, known);
      const work = completing.get(id) ?? putTogether(id, path, parts).finally(() => completing.delete(id));
      completing.set(id, work);
      return work;
    },

    /** One that is completed stays completed: its client has not heard of it. */
    abort: (call: CallMeta, id: string, path: string): Promise<void> =>
      database.transaction(call, async (tx) => {
        const upload = await lockUpload(tx, id);
        if (upload === undefined) return;
        if (pathOf(upload) !== path) throw noUpload(id);
        if (upload.completedMs !== undefined) return;
        await dropParts(tx, id, topOf(path));
        await deleteUpload(tx, id);
        tx.afterCommit(sweeper.wake);
      }),

    [Symbol.asyncDispose]: async (): Promise<void> => {
      end.abort(new Error('This service ends.'));
      await Promise.allSettled(completing.values());
    },
  };
}

const noUpload = (id: string): Error =>
  mlflowError('RESOURCE_DOES_NOT_EXIST', `There is no upload '${id.slice(0, 64)}' that is under way.`);
