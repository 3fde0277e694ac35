import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Logger } from '@mlab/telemetry';
import { statusOf } from '#/s3/failures.ts';
import type { Space } from '#/s3/space.ts';

/**
 * Whether the server refuses to replace an object when it is told so. AWS, MinIO, Ceph and R2 do; older and smaller servers do not look
 * at the condition, and replace. Nothing but trying tells, and it is tried once, when it first matters.
 */
export function openConditional({ client, bucket: Bucket, temporaryName }: Space, log: Logger): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined;

  async function ask(): Promise<boolean> {
    const put = { Bucket, Key: temporaryName(), Body: 'x', IfNoneMatch: '*' };
    try {
      await client.send(new PutObjectCommand(put));
      await client.send(new PutObjectCommand(put));
    } catch (error) {
      if (statusOf(error) === 412) return true;
      // Not implemented, said in so many words.
      if (statusOf(error) !== 501) throw error;
    } finally {
      await client.send(new DeleteObjectCommand({ Bucket, Key: put.Key })).catch(() => {});
    }
    log.warn('the S3 server ignores If-None-Match: of two puts of one key at once that may not replace anything, both may succeed');
    return false;
  }

  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}
