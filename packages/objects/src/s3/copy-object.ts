import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { inParallel } from '#/in-parallel.ts';
import { cleanUp } from '#/s3/clean-up.ts';
import type { Space } from '#/s3/space.ts';

/** What one request copies: S3 takes up to 5 GiB, and answers when it is done, which should not be long. */
const COPY_BYTES = 512 * 1024 * 1024;
const COPIES_AT_ONCE = 4;

export interface Copy {
  readonly from: string;
  readonly size: number;
  readonly target: Omit<PutObjectCommandInput, 'Body' | 'Key' | 'Bucket'> & { readonly Key: string };
  readonly signal: AbortSignal | undefined;
  readonly partBytes?: number;
}

/**
 * Copies within the bucket, without a byte passing through here. In parts when it is large, and when it must not replace anything: few
 * servers look at that condition when they copy, and most do when they put parts together.
 */
export async function copyObject(space: Space, { from, size, target, signal, partBytes = COPY_BYTES }: Copy): Promise<void> {
  const { client, bucket: Bucket } = space;
  const CopySource = `${Bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  const options = signal === undefined ? {} : { abortSignal: signal };
  const { IfNoneMatch, ...described } = target;
  if (size <= partBytes && IfNoneMatch === undefined) {
    await client.send(new CopyObjectCommand({ ...described, Bucket, CopySource, MetadataDirective: 'REPLACE' }), options);
    return;
  }
  const { Key } = target;
  // The signal breaks off parts only: a beginning whose answer nobody hears could not be undone, nor could an end.
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...described, Bucket }));
  try {
    const numbers = Array.from({ length: Math.ceil(size / partBytes) }, (_, index) => index + 1);
    const Parts = await inParallel(numbers, COPIES_AT_ONCE, async (PartNumber) => {
      const start = (PartNumber - 1) * partBytes;
      const CopySourceRange = `bytes=${start}-${Math.min(start + partBytes, size) - 1}`;
      const part = new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber, CopySource, CopySourceRange });
      return { PartNumber, ETag: (await client.send(part, options)).CopyPartResult?.ETag };
    });
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, IfNoneMatch }));
  } catch (error) {
    await cleanUp(client, new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    throw error;
  }
}
