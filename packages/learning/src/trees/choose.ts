/** `count` of the numbers below `of`, each as likely as any other, in ascending order (Knuth, "Seminumerical algorithms", algorithm S). */
export function choose(count: number, of: number, random: () => number): Int32Array {
  const chosen = new Int32Array(count);
  let taken = 0;
  for (let each = 0; each < of && taken < count; each++) if (random() * (of - each) < count - taken) chosen[taken++] = each;
  return chosen;
}

/** A seed for a step of something that has a seed itself, so that no step depends on what the steps before have drawn. */
export function stepSeed(seed: number, step: number): number {
  let mixed = Math.imul(seed ^ Math.imul(step + 1, 0x9e37_79b9), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 13)) | 0;
}

export const drawSeed = (random: () => number): number => Math.floor(random() * 4_294_967_296) | 0;
