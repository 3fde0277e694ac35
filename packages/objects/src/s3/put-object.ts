import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { AppError, type ObjectInfo } from '@mlab/kernel';
import type { Incoming } from '#/incoming.ts';
import { cleanUp } from '#/s3/clean-up.ts';
import type { Conditions } from '#/s3/conditions.ts';
import { copyObject } from '#/s3/copy-object.ts';
import { attemptsOf, isGone, statusOf } from '#/s3/failures.ts';
import { metadataOf } from '#/s3/object-info.ts';
import type { Space } from '#/s3/space.ts';
import { PART_BYTES, uploadStream } from '#/s3/upload-stream.ts';
import type { Placing } from '#/store.ts';

interface Means {
  readonly space: Space;
  readonly askConditions: () => Promise<Conditions>;
  readonly stat: (key: string, signal: AbortSignal | undefined) => Promise<ObjectInfo | undefined>;
}

const UNCONDITIONAL: Conditions = { ofPut: false, ofParts: false };

/**
 * S3 wants the metadata before the bytes, and a stream's checksum is known behind them. So what fits into one part is held until it is
 * known; what is larger and has no announced checksum goes to a temporary name, and is copied with its metadata within the server. Either
 * way the object appears at once, whole, under its key.
 */
export async function putObject(means: Means, key: string, content: Incoming, placing: Placing): Promise<ObjectInfo> {
  const { space, askConditions, stat } = means;
  const { contentType, ifAbsent, signal } = placing;
  const { client, bucket: Bucket } = space;
  const modifiedAt = space.clock.now();
  const conditions = ifAbsent ? await askConditions() : UNCONDITIONAL;
  const target = (sha256: string, isConditional: boolean) => ({
    Bucket,
    Key: space.nameOf(key),
    ContentType: contentType,
    Metadata: metadataOf({ sha256, modifiedAt }),
    ...(isConditional ? { IfNoneMatch: '*' } : {}),
  });
  const described = (): ObjectInfo => ({ key, ...content.measured(), contentType, modifiedAt });

  async function refuseTaken(): Promise<void> {
    if (ifAbsent && (await stat(key, signal)) !== undefined) throw taken(key);
  }

  async function putWhole(chunks: readonly Uint8Array[]): Promise<void> {
    if (!conditions.ofPut) await refuseTaken();
    const put = new PutObjectCommand({ ...target(content.measured().sha256, conditions.ofPut), Body: Buffer.concat(chunks) });
    await client.send(put, signal === undefined ? {} : { abortSignal: signal });
  }

  async function putParts(beginning: readonly Uint8Array[]): Promise<void> {
    // Also where the server looks: before gigabytes have arrived.
    await refuseTaken();
    const all = { chunks: joined(beginning, content.chunks), giveUp: (error: unknown) => content.giveUp(error) };
    if (content.expectedSha256 !== undefined) return uploadStream(client, target(content.expectedSha256, conditions.ofParts), all, signal);
    const from = space.temporaryName();
    try {
      await uploadStream(client, { Bucket, Key: from }, all, signal);
      const { size, sha256 } = content.measured();
      await copyObject(space, { from, size, target: target(sha256, conditions.ofParts), signal });
    } finally {
      await cleanUp(client, new DeleteObjectCommand({ Bucket, Key: from }));
    }
  }

  try {
    const beginning = await take(content.chunks, PART_BYTES);
    await (beginning.isAll ? putWhole(beginning.chunks) : putParts(beginning.chunks));
    return described();
  } catch (error) {
    const isRefusal = ifAbsent && (statusOf(error) === 412 || statusOf(error) === 409);
    const isRepeated = attemptsOf(error) > 1 && (isRefusal || isGone(error));
    if (!isRefusal && !isRepeated) throw error;
    const there = await stat(key, signal);
    // The SDK asked again because an answer was lost. What is in the way is what it has put; what is gone it has put together.
    if (isRepeated && content.isMeasured && isSame(there, described())) return described();
    if (!isRefusal) throw error;
    if (there !== undefined || statusOf(error) === 412) throw taken(key);
    throw new AppError('unavailable', `Another request was changing "${key}" at the same time.`, { cause: error, retryAfter: 1 });
  } finally {
    await content.chunks.return();
  }
}

/** At most so many bytes and what came with the last of them. */
async function take(
  chunks: Incoming['chunks'],
  bytes: number,
): Promise<{ readonly chunks: readonly Uint8Array[]; readonly isAll: boolean }> {
  const held: Uint8Array[] = [];
  for (let size = 0; size <= bytes;) {
    const { done, value } = await chunks.next();
    if (done === true) return { chunks: held, isAll: true };
    held.push(value);
    size += value.length;
  }
  return { chunks: held, isAll: false };
}

async function* joined(beginning: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* beginning;
  yield* rest;
}

const isSame = (there: ObjectInfo | undefined, own: ObjectInfo): boolean =>
  there?.sha256 === own.sha256 && there.modifiedAt.getTime() === own.modifiedAt.getTime();

const taken = (key: string): AppError => new AppError('conflict', `There is an object "${key}" already.`);
