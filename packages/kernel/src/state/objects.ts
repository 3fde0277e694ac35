import type { Readable } from 'node:stream';

export interface ObjectInfo {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** Of the whole object, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly contentType: string;
  readonly modifiedAt: Date;
}

export interface PutOptions {
  /** Default `application/octet-stream`. */
  readonly contentType?: string;
  /** Refuses with `invalid` what does not have this checksum; nothing is stored then. */
  readonly sha256?: string;
  /** Refuses with `conflict` when there is an object of this key. Default: it is replaced. */
  readonly ifAbsent?: boolean;
  /** Refuses with `too_large` what is larger, in bytes; nothing is stored then. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** The first and the last byte, both counted from 0 and both included; without `end`: up to the last one. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface GetOptions {
  readonly range?: ByteRange;
  readonly signal?: AbortSignal;
}

export interface StoredObject {
  readonly info: ObjectInfo;
  /** The bytes, or those of the range. */
  readonly body: Readable;
}

export interface ListQuery {
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** Only keys behind this one, in the order of their UTF-8 bytes: for the next page. */
  readonly after?: string;
  /** Default and at most 1,000. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface ObjectPage {
  /** In the order of the UTF-8 bytes of their keys. */
  readonly items: readonly ObjectInfo[];
  /** The `after` of the next page; absent behind the last one. */
  readonly next: string | undefined;
}

/**
 * A service's own files. Keys are names such as `runs/42/model.onnx`: parts between slashes, none empty, `.` or `..`, no control
 * character, no backslash, at most 900 bytes; any other is refused with `invalid`. An object is visible once it is whole.
 */
export interface Objects {
  put(key: string, source: AsyncIterable<Uint8Array> | Uint8Array, options?: PutOptions): Promise<ObjectInfo>;
  /** `not_found` when there is none; `invalid` when the range lies behind its end. */
  get(key: string, options?: GetOptions): Promise<StoredObject>;
  stat(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined>;
  list(query?: ListQuery): Promise<ObjectPage>;
  /** False when there was none. */
  delete(key: string, signal?: AbortSignal): Promise<boolean>;
}
