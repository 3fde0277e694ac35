import { isUtf8 } from 'node:buffer';

/**
 * The text of a JSON body, in the encoding that Python's `json.loads` finds by looking at the first bytes; `undefined` when the bytes
 * are not text in that encoding.
 */
export function decodeBody(bytes: Buffer): string | undefined {
  const first = bytes[0] ?? 0x20;
  // JSON in UTF-8 starts with an ASCII character and has no NUL in second place, so nearly every body takes this branch.
  if (first !== 0 && first < 0x80 && bytes[1] !== 0) return decodeUtf8(bytes);
  if (startsWith(bytes, [0, 0, 0xfe, 0xff])) return decodeUtf32(bytes.subarray(4), 'big');
  if (startsWith(bytes, [0xff, 0xfe, 0, 0])) return decodeUtf32(bytes.subarray(4), 'little');
  if (startsWith(bytes, [0xfe, 0xff])) return decodeUtf16(bytes.subarray(2), 'big');
  if (startsWith(bytes, [0xff, 0xfe])) return decodeUtf16(bytes.subarray(2), 'little');
  if (startsWith(bytes, [0xef, 0xbb, 0xbf])) return decodeUtf8(bytes.subarray(3));
  return decodeByZeros(bytes);
}

type Endianness = 'big' | 'little';

/** Without a byte order mark, the places of the zero bytes tell the encoding: the first two characters of JSON are ASCII. */
function decodeByZeros(bytes: Buffer): string | undefined {
  const [a, b, c, d] = bytes;
  if (bytes.length >= 4) {
    if (a === 0) return b === 0 ? decodeUtf32(bytes, 'big') : decodeUtf16(bytes, 'big');
    if (b === 0) return c === 0 && d === 0 ? decodeUtf32(bytes, 'little') : decodeUtf16(bytes, 'little');
  } else if (bytes.length === 2) {
    if (a === 0) return decodeUtf16(bytes, 'big');
    if (b === 0) return decodeUtf16(bytes, 'little');
  }
  return decodeUtf8(bytes);
}

/** Only a text that shows a replacement character can have had broken bytes, and looking for one costs nothing in a Latin text. */
function decodeUtf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') && !isUtf8(bytes) ? undefined : text;
}

/** Lone surrogates pass, as they do in Python, which decodes with `surrogatepass`. */
function decodeUtf16(bytes: Buffer, endianness: Endianness): string | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  return (endianness === 'little' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');
}

/** Surrogates are refused: Python would keep two of them as two characters, which a JavaScript string cannot express. */
function decodeUtf32(bytes: Buffer, endianness: Endianness): string | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const point = endianness === 'little' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
    parts.push(String.fromCodePoint(point));
  }
  return parts.join('');
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, at) => bytes[at] === byte);
}
