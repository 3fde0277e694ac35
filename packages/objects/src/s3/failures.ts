import { AppError } from '@mlab/kernel';

/** The SDK's errors by what it says of them: their classes differ from command to command. */
interface S3Error extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error ? (error as S3Error).$metadata?.httpStatusCode : undefined;

export const attemptsOf = (error: unknown): number => (error instanceof Error ? ((error as S3Error).$metadata?.attempts ?? 1) : 1);

/** There is no such object. The answer to HEAD has no body, so it does not say what there is none of; that the bucket is there was seen. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound') && statusOf(error) === 404;

/** The upload whose parts these are: put together, or given up by whoever cleans the bucket. */
export const isGone = (error: unknown): boolean => error instanceof Error && error.name === 'NoSuchUpload';

/** What a caller may know of an error of S3, with its cause for the log. `isBucket`: the request was about the bucket as a whole. */
export function explainS3Error(error: unknown, isBucket = false): unknown {
  if (!(error instanceof Error) || AppError.is(error)) return error;
  const unavailable = (message: string, retryAfter?: number): AppError =>
    new AppError('unavailable', message, { cause: error, retryAfter });
  const status = statusOf(error);
  if (error.name === 'NoSuchBucket' || (isBucket && status === 404))
    return unavailable('The bucket for objects does not exist: see MLAB_OBJECTS_BUCKET and MLAB_OBJECTS_ENDPOINT.');
  if (error.name === 'CredentialsProviderError')
    return unavailable('There are no credentials for the bucket for objects: see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.');
  if (status === 301 || error.name === 'AuthorizationHeaderMalformed' || error.name === 'PermanentRedirect')
    return unavailable('The bucket for objects is in another region: see MLAB_OBJECTS_REGION.');
  if (status === 401 || status === 403)
    return unavailable('The bucket for objects (MLAB_OBJECTS_BUCKET) refuses the credentials of this process.');
  if (status === 507 || error.name === 'QuotaExceeded')
    return new AppError('storage_full', 'The disk for objects is full.', { cause: error });
  if (error.name === 'KeyTooLongError') return new AppError('invalid', 'The key is too long for the store of objects.', { cause: error });
  if (error.name === 'EntityTooLarge' || /^Exceeded \d+ parts/.test(error.message))
    return new AppError('too_large', 'It is larger than an object can be in the store of objects.', { cause: error });
  if (isGone(error)) return unavailable('The store of objects lost what had arrived.', 1);
  // After the SDK has tried again by itself.
  if (status === 429 || (status !== undefined && status >= 500))
    return unavailable('The store of objects is overloaded or out of order.', 5);
  if (status === undefined && isOfNetwork(error)) return unavailable('The store of objects (MLAB_OBJECTS_ENDPOINT) cannot be reached.', 5);
  return error;
}

function isOfNetwork({ name, code, message }: S3Error): boolean {
  return name === 'TimeoutError' || /^(?:E[A-Z]+|UND_|ERR_STREAM_PREMATURE)/.test(code ?? '') || /socket hang up|aborted/.test(message);
}
