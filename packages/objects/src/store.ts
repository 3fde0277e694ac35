import type { ByteRange, ObjectInfo, ObjectPage, StoredObject } from '@mlab/kernel';
import type { Page } from '#/check-options.ts';
import type { Incoming } from '#/incoming.ts';

export interface Placing {
  readonly contentType: string;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Where objects are kept. Keys, options and ranges have been checked, and what arrives is measured on its way. */
export interface Store extends AsyncDisposable {
  put(key: string, content: Incoming, placing: Placing): Promise<ObjectInfo>;
  get(key: string, range: ByteRange | undefined, signal: AbortSignal | undefined): Promise<StoredObject | undefined>;
  stat(key: string, signal: AbortSignal | undefined): Promise<ObjectInfo | undefined>;
  list(page: Page): Promise<ObjectPage>;
  delete(key: string, signal: AbortSignal | undefined): Promise<boolean>;
  /** What a caller may know of an error of the store; an error that it does not know comes back as it is. */
  explain(error: unknown): unknown;
}
