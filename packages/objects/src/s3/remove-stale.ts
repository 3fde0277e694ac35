import { AbortMultipartUploadCommand, DeleteObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { statusOf } from '#/s3/failures.ts';
import type { Space } from '#/s3/space.ts';

/** No put takes so long, and no two clocks differ by so much. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** Removes what processes left that died during a put: temporary objects, and uploads that nobody will complete. */
export async function removeStale({ client, bucket: Bucket, clock, prefix, temporaryPrefix }: Space): Promise<void> {
  const isStale = (date: Date | undefined): boolean => date !== undefined && clock.now().getTime() - date.getTime() > STALE_MS;
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: temporaryPrefix }));
  for (const { Key, LastModified } of Contents) if (isStale(LastModified)) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  for (const Prefix of [prefix, temporaryPrefix]) {
    for (const { Key, UploadId, Initiated } of await listUploads(Prefix))
      if (isStale(Initiated)) await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }

  async function listUploads(Prefix: string) {
    try {
      return (await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }))).Uploads ?? [];
    } catch (error) {
      // Some servers cannot list them, and some do not let everybody.
      if ([403, 404, 405, 501].includes(statusOf(error) ?? 0)) return [];
      throw error;
    }
  }
}
