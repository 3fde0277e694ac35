/** erf within 1e-15: its series near 0, the continued fraction of erfc beyond (Abramowitz and Stegun, 7.1.6 and 7.1.14). */
export function erf(x: number): number {
  const amount = Math.abs(x);
  if (amount < 2.5) {
    let term = amount;
    let sum = amount;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * amount * amount) / (2 * n + 1);
      sum += term;
    }
    return (Math.sign(x) * 2 * Math.exp(-amount * amount) * sum) / Math.sqrt(Math.PI);
  }
  return amount > 6 ? Math.sign(x) : Math.sign(x) * (1 - tail(amount));
}

/** erfc for x ≥ 2.5. */
function tail(x: number): number {
  let fraction = x;
  for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** Of the normal distribution, how much lies between two places measured in deviations. Precise also far out on one side. */
export function normalMass(from: number, to: number): number {
  const [a, b] = [from / Math.SQRT2, to / Math.SQRT2];
  if (a >= 2.5) return (tail(a) - tail(b)) / 2;
  if (b <= -2.5) return (tail(-b) - tail(-a)) / 2;
  return (erf(b) - erf(a)) / 2;
}

/** One of deviation 1, by Box and Muller. */
export const drawNormal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
