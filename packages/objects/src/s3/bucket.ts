import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { explainS3Error } from '#/s3/failures.ts';
import type { ObjectsSettings } from '#/settings.ts';

const CONNECT_MS = 5000;
/** From the first byte of a request to the head of its answer; a part of 8 MiB is the longest. How long a body takes is the reader's affair. */
const ANSWER_MS = 60_000;
/** A body that is being read holds one. */
const MAX_SOCKETS = 256;

export interface Bucket extends AsyncDisposable {
  readonly client: S3Client;
  readonly name: string;
  /** What all keys begin with. */
  readonly prefix: string;
}

/** Throws a sentence when there is no such bucket, or none for us. */
export async function openBucket({ bucket, prefix, endpoint, region, pathStyle }: ObjectsSettings): Promise<Bucket> {
  if (bucket === '') throw new Error('Objects are to be kept in S3 and the bucket is not known: set MLAB_OBJECTS_BUCKET.');
  const client = new S3Client({
    region,
    ...(endpoint === '' ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    // The SDK's own checksums come in a form of upload that most servers that are not of AWS cannot read. What is uploaded is signed with
    // its SHA-256 where it is not encrypted.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A server that does not know the question would be waited for in vain.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
      // A reader may pause; its own signal ends it.
      socketTimeout: 0,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  });
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    client.destroy();
    throw explainS3Error(error, true);
  }
  return {
    client,
    name: bucket,
    prefix,
    [Symbol.asyncDispose]: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}
