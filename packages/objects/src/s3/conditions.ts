import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Logger } from '@mlab/telemetry';
import { cleanUp } from '#/s3/clean-up.ts';
import { statusOf } from '#/s3/failures.ts';
import type { Space } from '#/s3/space.ts';

/** Where the server looks at `If-None-Match: *`, which keeps what is there from being replaced. */
export interface Conditions {
  readonly ofPut: boolean;
  /** When parts are put together. */
  readonly ofParts: boolean;
}

const IfNoneMatch = '*';
const Body = Buffer.from('x');

/**
 * AWS and its larger likenesses look at it in both places, some servers in one, and older ones in none: those replace what is there and
 * say nothing. Only trying tells, and it is tried once, when it first matters. Where it is not looked at, a key is looked up before it is
 * put, and of two puts at once both may succeed.
 */
export function openConditions({ client, bucket: Bucket, temporaryName }: Space, log: Logger): () => Promise<Conditions> {
  let answer: Promise<Conditions> | undefined;

  async function ask(): Promise<Conditions> {
    const Key = temporaryName();
    try {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
      const ofPut = await isRefused(client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch })));
      const ofParts = await isRefused(putParts(Key));
      if (!ofPut || !ofParts)
        log.warn(
          { ofPut, ofParts },
          'the S3 server does not look at If-None-Match: two puts at once that must replace nothing may both succeed',
        );
      return { ofPut, ofParts };
    } finally {
      await cleanUp(client, new DeleteObjectCommand({ Bucket, Key }));
    }
  }

  async function putParts(Key: string): Promise<void> {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    try {
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload, IfNoneMatch }));
    } catch (error) {
      await cleanUp(client, new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      throw error;
    }
  }

  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}

async function isRefused(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    if (statusOf(error) === 412) return true;
    // Not implemented, said in so many words.
    if (statusOf(error) === 501) return false;
    throw error;
  }
}
