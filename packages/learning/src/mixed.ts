/** A seed for one of many things (a trial, an epoch …) that has nothing in common with that of the next: Murmur3's finalizer on both. */
export function mixed(seed: number, number: number): number {
  let value = Math.imul(seed | 0, 0x9e37_79b1) ^ Math.imul((number + 0x7f4a_7c15) | 0, 0x85eb_ca6b);
  value = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2_ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
