import type { ObjectInfo } from '@mlab/kernel';

/** As headers `x-amz-meta-…`. The time is the writer's own: S3's is in whole seconds, and changes when an object is copied elsewhere. */
export function metadataOf({ sha256, modifiedAt }: Pick<ObjectInfo, 'sha256' | 'modifiedAt'>): Record<string, string> {
  return { sha256, 'modified-at': modifiedAt.toISOString() };
}

interface Head {
  readonly ContentLength?: number | undefined;
  readonly ContentRange?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Metadata?: Record<string, string> | undefined;
}

/** Undefined for what somebody else has put into the bucket: nothing vouches for it, so it is no object. */
export function objectInfo(key: string, { ContentLength, ContentRange, ContentType, Metadata = {} }: Head): ObjectInfo | undefined {
  const size = ContentRange === undefined ? ContentLength : Number(ContentRange.split('/')[1]);
  const sha256 = Metadata['sha256'];
  const modifiedAt = new Date(Metadata['modified-at'] ?? NaN);
  if (sha256 === undefined || size === undefined || Number.isNaN(modifiedAt.getTime())) return undefined;
  return { key, size, sha256, contentType: ContentType ?? 'application/octet-stream', modifiedAt };
}
