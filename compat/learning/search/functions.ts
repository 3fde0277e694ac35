import type { Space, Values } from '@mlab/learning';

interface TestFunction {
  readonly space: Space;
  readonly f: (params: Values) => number;
}

const ALPHA = [1, 1.2, 3, 3.2];
const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

/** Surjanovic and Bingham, Virtual Library of Simulation Experiments; and one with ranges of all kinds. */
export const FUNCTIONS: Readonly<Record<string, TestFunction>> = {
  'Branin (0.3979)': {
    space: { x: { kind: 'float', low: -5, high: 10 }, y: { kind: 'float', low: 0, high: 15 } },
    f: ({ x, y }) => {
      const [a, b] = [Number(x), Number(y)];
      return (b - (5.1 * a * a) / (4 * Math.PI ** 2) + (5 * a) / Math.PI - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10;
    },
  },
  'Hartmann 6 (-3.322)': {
    space: Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`x${at}`, { kind: 'float', low: 0, high: 1 } as const])),
    f: (params) =>
      -ALPHA.reduce((sum, alpha, i) => {
        const distance = (A[i] ?? []).reduce((total, a, j) => total + a * (Number(params[`x${j}`]) - (P[i]?.[j] ?? 0)) ** 2, 0);
        return sum + alpha * Math.exp(-distance);
      }, 0),
  },
  'mixed (0)': {
    space: {
      rate: { kind: 'float', low: 1e-5, high: 1, log: true },
      units: { kind: 'int', low: 1, high: 256, log: true },
      kind: { kind: 'choice', options: ['a', 'b', 'c'] },
      part: { kind: 'float', low: 0, high: 1 },
      rounds: { kind: 'int', low: 1, high: 20 },
    },
    f: ({ rate, units, kind, part, rounds }) =>
      0.3 * (Math.log10(Number(rate)) + 3) ** 2 +
      0.2 * (Math.log2(Number(units)) - 4) ** 2 +
      ({ a: 1, b: 0, c: 0.6 }[String(kind)] ?? 0) +
      5 * (Number(part) - (kind === 'b' ? 0.7 : 0.2)) ** 2 +
      0.02 * Math.abs(Number(rounds) - 13),
  },
};
