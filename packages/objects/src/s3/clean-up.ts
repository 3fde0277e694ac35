import type { AbortMultipartUploadCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';

/** The caller waits for it, with an error in hand. What is not removed by then is once a service is opened a day later. */
const CLEAN_UP_MS = 5000;

/** Removes what is no object, as well as it can be done. */
export async function cleanUp(client: S3Client, command: DeleteObjectCommand | AbortMultipartUploadCommand): Promise<void> {
  const abortSignal = AbortSignal.timeout(CLEAN_UP_MS);
  // One overload for each command, and none for either.
  await client.send(command as DeleteObjectCommand, { abortSignal }).catch(() => {});
}
