const bits = new DataView(new ArrayBuffer(4));

/** The next float32 above (1) or below (-1). */
export function neighbour(value: number, direction: -1 | 1): number {
  if (value === 0) return direction * 2 ** -149;
  bits.setFloat32(0, value);
  // Away from zero the patterns of bits grow, whatever the sign.
  bits.setInt32(0, bits.getInt32(0) + (value > 0 === direction > 0 ? 1 : -1));
  return bits.getFloat32(0);
}

/** The greatest float32 that is not above a value, or the least that is not below it. */
export function roundTowards(value: number, direction: -1 | 1): number {
  const nearest = Math.fround(value);
  const isThere = direction < 0 ? nearest <= value : nearest >= value;
  return isThere || Number.isNaN(value) ? nearest : neighbour(nearest, direction);
}
