import type { FileHandle } from 'node:fs/promises';
import type { ObjectInfo } from '@mlab/kernel';
import { Type, Value } from '@mlab/schema';

/**
 * A file is the bytes of the object, then what is known of it as JSON, then the length of that and a mark. One file, made visible by one
 * renaming: whatever happens, an object is never seen with the checksum or the type of another. The bytes come first, so ranges need
 * no arithmetic and a person still recognises a file.
 */
const MARK = 'mlab-object1';
const FOOTER_BYTES = 4 + MARK.length;
/** More than any trailer has: a key of 900 bytes and a content type, each character escaped at the most. */
const TAIL_BYTES = 8192;

const Described = Type.Object({
  key: Type.String(),
  size: Type.Integer({ minimum: 0 }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  contentType: Type.String(),
  modifiedAt: Type.Integer(),
});

export function trailerOf({ key, size, sha256, contentType, modifiedAt }: ObjectInfo): Buffer {
  const json = Buffer.from(JSON.stringify({ key, size, sha256, contentType, modifiedAt: modifiedAt.getTime() }));
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeUInt32BE(json.length);
  footer.write(MARK, 4);
  return Buffer.concat([json, footer]);
}

/** What is known of the object in an open file; undefined when this store has not written it for this key. */
export async function readTrailer(file: FileHandle, fileSize: number, key: string): Promise<ObjectInfo | undefined> {
  const wanted = Math.min(fileSize, TAIL_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, fileSize - wanted);
  if (bytesRead !== wanted || wanted < FOOTER_BYTES) return undefined;
  const footer = buffer.subarray(wanted - FOOTER_BYTES);
  if (footer.toString('latin1', 4) !== MARK) return undefined;
  const start = wanted - FOOTER_BYTES - footer.readUInt32BE();
  if (start < 0) return undefined;
  const described = parse(buffer.toString('utf8', start, wanted - FOOTER_BYTES));
  const isOfKey = described?.key === key && described.size === fileSize - wanted + start;
  return isOfKey ? { ...described, modifiedAt: new Date(described.modifiedAt) } : undefined;
}

function parse(json: string): Type.Static<typeof Described> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Value.Check(Described, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
