/* The state of a trainer as bytes: a header of plain values, then arrays of doubles. */

const MAGIC = 0x6d6c_6162;

export function pack(header: object, arrays: readonly Float64Array[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify({ header, lengths: arrays.map(({ length }) => length) }));
  const doubles = arrays.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(8 + text.length + doubles * 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, text.length);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const array of arrays) for (const value of array) at = (view.setFloat64(at, value), at + 8);
  return bytes;
}

/** Undefined where the bytes are no such state, or were cut. */
export function unpack(bytes: Uint8Array): { header: Readonly<Record<string, unknown>>; arrays: readonly Float64Array[] } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0) !== MAGIC) return undefined;
  let at = 8 + view.getUint32(4);
  if (at > bytes.length) return undefined;
  const { header, lengths } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, at))) as {
    header: Record<string, unknown>;
    lengths: number[];
  };
  if (bytes.length - at !== lengths.reduce((sum, length) => sum + length, 0) * 8) return undefined;
  const arrays = lengths.map((length) => {
    const array = new Float64Array(length);
    for (let index = 0; index < length; index++, at += 8) array[index] = view.getFloat64(at);
    return array;
  });
  return { header, arrays };
}
