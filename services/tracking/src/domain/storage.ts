import { AppError } from '@mlab/kernel';

/** What may be stored, in bytes; 0 is no limit. */
export interface StorageLimits {
  /** Of all artifacts together. */
  readonly quotaBytes: number;
  /** Of one file. */
  readonly maxFileBytes: number;
}

/** A gigabyte is 1,000,000,000 bytes to some and more to others: exact numbers need no unit. */
const bytes = (count: number): string => `${count.toLocaleString('en-US')} bytes`;

export const fileTooLarge = ({ maxFileBytes }: StorageLimits): AppError =>
  new AppError(
    'too_large',
    `The file is larger than the ${bytes(maxFileBytes)} that a file may have here (MLAB_TRACKING_ARTIFACT_MAX_BYTES).`,
  );

export const quotaExceeded = ({ quotaBytes }: StorageLimits, used: number): AppError =>
  new AppError(
    'storage_full',
    `There is no room for this file: ${bytes(used)} of ${bytes(quotaBytes)} are used (MLAB_TRACKING_ARTIFACT_QUOTA_BYTES). Delete runs and clean, or raise the quota.`,
  );

/** How much one more file may have, if it takes the place of one with `replaced` bytes. Throws when it is known to be more. */
export function checkRoom(limits: StorageLimits, used: number, size: { readonly added: number; readonly replaced: number }): void {
  const { quotaBytes } = limits;
  const growth = size.added - size.replaced;
  // What makes it less is welcome, also where there is too much already.
  if (quotaBytes > 0 && growth > 0 && used + growth > quotaBytes) throw quotaExceeded(limits, used);
}

/** Where a file's bytes lie: by the hour, so that no folder grows without end, under a name that says nothing and that nobody has had. */
export const objectKeyOf = (now: Date, id: string): string => `${now.toISOString().slice(0, 13).replaceAll(/\D/g, '')}/${id}`;
