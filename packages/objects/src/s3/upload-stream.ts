import { Readable } from 'node:stream';
import { AbortMultipartUploadCommand, UploadPartCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { cleanUp } from '#/s3/clean-up.ts';

/** S3 takes 10,000 parts, so an object has at most 80 GiB. */
export const PART_BYTES = 8 * 1024 * 1024;
/** As many parts are in memory at once. */
const PARTS_AT_ONCE = 4;

interface Source {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Makes `chunks` fail with this error, also while it hangs. */
  giveUp(error: unknown): void;
}

type Target = Omit<PutObjectCommandInput, 'Body'>;

/**
 * Uploads in parts. When anything fails, no part stays.
 *
 * The library's uploaders know nothing of each other: after one has failed, the others would go on reading to the end of the source. And
 * it passes no signal on. So it gets a client that tells all of them when one has failed or the caller is gone.
 */
export async function uploadStream(client: S3Client, target: Target, source: Source, signal: AbortSignal | undefined): Promise<void> {
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([failed.signal, signal]);

  const telling = {
    config: client.config,
    async send(command: Parameters<S3Client['send']>[0]): Promise<unknown> {
      if (command instanceof AbortMultipartUploadCommand) return cleanUp(client, command);
      try {
        // Only parts are broken off. A beginning whose answer nobody hears could not be undone, nor could an end.
        return await client.send(command, command instanceof UploadPartCommand ? { abortSignal: stop } : {});
      } catch (error) {
        failed.abort(error);
        source.giveUp(error);
        throw error;
      }
    },
  } as unknown as S3Client;

  const upload = new Upload({
    client: telling,
    params: { ...target, Body: Readable.from(source.chunks, { objectMode: false }) },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
  });
  try {
    await upload.done();
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error;
  }
}
