/**
 * Unpacks a block of LZ4 into so many bytes. https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md: literals, then a match that repeats
 * what is already there, and so on; the last ones are literals.
 */
export function unpackLz4(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let [from, to] = [0, 0];
  const next = (): number => {
    const byte = packed[from++];
    if (byte === undefined) throw new Error('the block of LZ4 ends too early');
    return byte;
  };
  const lengthOf = (nibble: number): number => {
    if (nibble < 15) return nibble;
    let [sum, byte] = [15, 255];
    while (byte === 255) sum += byte = next();
    return sum;
  };
  const fits = (count: number, known: boolean): void => {
    if (!known || to + count > length) throw new Error('the block of LZ4 is broken');
  };
  while (from < packed.length) {
    const token = next();
    const literals = lengthOf(token >> 4);
    fits(literals, from + literals <= packed.length);
    out.set(packed.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === packed.length) break;
    const offset = next() + next() * 256;
    const repeated = lengthOf(token & 15) + 4;
    fits(repeated, offset > 0 && offset <= to);
    // What is repeated may overlap with what comes of it.
    for (const end = to + repeated; to < end; to++) out[to] = out[to - offset] as number;
  }
  return out.subarray(0, to);
}
