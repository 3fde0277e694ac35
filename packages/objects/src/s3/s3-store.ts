import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ObjectInfo, Owner } from '@mlab/kernel';
import type { Readable } from 'node:stream';
import { behindEnd } from '#/behind-end.ts';
import { inParallel } from '#/in-parallel.ts';
import type { Bucket } from '#/s3/bucket.ts';
import { openConditions } from '#/s3/conditions.ts';
import { explainS3Error, isMissing, statusOf } from '#/s3/failures.ts';
import { objectInfo } from '#/s3/object-info.ts';
import { putObject } from '#/s3/put-object.ts';
import { removeStale } from '#/s3/remove-stale.ts';
import { openSpace } from '#/s3/space.ts';
import type { Store } from '#/store.ts';

/** A list of S3 has no metadata, so each object of a page is asked for its own. */
const HEADS_AT_ONCE = 32;

const until = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal });

/**
 * The objects of one service in its part of a bucket. Two things are as good as S3 makes them: of two deletes of one key at once both may
 * find it, and lists are in the order of the bytes where the server lists so (AWS does, except in directory buckets).
 */
export async function openS3Store(bucket: Bucket, owner: Owner): Promise<Store> {
  const space = openSpace(bucket, owner);
  const { client, bucket: Bucket, nameOf } = space;
  const askConditions = openConditions(space, owner.telemetry.log);
  await removeStale(space).catch((error: unknown) => {
    throw explainS3Error(error);
  });

  async function stat(key: string, signal: AbortSignal | undefined): Promise<ObjectInfo | undefined> {
    try {
      return objectInfo(key, await client.send(new HeadObjectCommand({ Bucket, Key: nameOf(key) }), until(signal)));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  return {
    put: (key, content, placing) => putObject({ space, askConditions, stat }, key, content, placing),
    get: async (key, range, signal) => {
      const Range = range === undefined ? undefined : `bytes=${range.start}-${range.end ?? ''}`;
      try {
        const found = await client.send(new GetObjectCommand({ Bucket, Key: nameOf(key), Range }), until(signal));
        const body = found.Body as Readable;
        const info = objectInfo(key, found);
        const isRange = (found.ContentRange !== undefined) === (range !== undefined);
        if (info === undefined || !isRange) body.destroy();
        if (!isRange) throw new Error('The S3 server answers a part of an object with the whole, or the other way round.');
        return info === undefined ? undefined : { info, body };
      } catch (error) {
        if (isMissing(error)) return undefined;
        if (statusOf(error) === 416) throw behindEnd(key, range?.start ?? 0);
        throw error;
      }
    },
    stat,
    list: async ({ prefix, after, limit, signal }) => {
      const { Contents = [], IsTruncated = false } = await client.send(
        new ListObjectsV2Command({
          Bucket,
          Prefix: nameOf(prefix),
          ...(after === '' ? {} : { StartAfter: nameOf(after) }),
          MaxKeys: limit,
        }),
        until(signal),
      );
      const keys = Contents.map(({ Key = '' }) => Key.slice(space.prefix.length));
      const items = await inParallel(keys, HEADS_AT_ONCE, (key) => stat(key, signal));
      return { items: items.filter((item) => item !== undefined), next: IsTruncated ? keys.at(-1) : undefined };
    },
    delete: async (key, signal) => {
      if ((await stat(key, signal)) === undefined) return false;
      await client.send(new DeleteObjectCommand({ Bucket, Key: nameOf(key) }), until(signal));
      return true;
    },
    explain: (error) => explainS3Error(error),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
