/** Numbers uniform in [0, 1), the same for the same seed on every machine: sfc32 of PractRand, seeded by splitmix32. */
export function seededRandom(seed: number): () => number {
  let state = Math.trunc(seed) | 0;
  const next = (): number => {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return mixed ^ (mixed >>> 15);
  };
  let [a, b, c, counter] = [next(), next(), next(), 1];
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) draw();
  return () => draw() / 4_294_967_296;
}
