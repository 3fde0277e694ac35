import { randomUUID } from 'node:crypto';
import type { Owner } from '@mlab/kernel';
import type { Bucket } from '#/s3/bucket.ts';

/** A service's part of a bucket. */
export interface Space {
  readonly client: Bucket['client'];
  readonly bucket: string;
  readonly clock: Owner['clock'];
  /** What the names of its objects begin with. */
  readonly prefix: string;
  readonly temporaryPrefix: string;
  readonly nameOf: (key: string) => string;
  /** A name that nobody has used, for what is not an object yet. */
  readonly temporaryName: () => string;
}

export function openSpace({ client, name, prefix }: Bucket, owner: Pick<Owner, 'name' | 'clock'>): Space {
  const own = `${prefix}${owner.name}/`;
  // Services are not called so: their names are of letters and hyphens.
  const temporaryPrefix = `${prefix}.incoming/${owner.name}/`;
  return {
    client,
    bucket: name,
    clock: owner.clock,
    prefix: own,
    temporaryPrefix,
    nameOf: (key) => own + key,
    temporaryName: () => temporaryPrefix + randomUUID(),
  };
}
