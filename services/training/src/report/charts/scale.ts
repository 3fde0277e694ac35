import { minus } from '#/report/format.ts';

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Where values stand along an axis. */
export interface Scale {
  /** From 0 at the beginning of the axis to 1 at its end. */
  at(value: number): number;
  readonly ticks: readonly Tick[];
}

export interface ScaleOptions {
  readonly low: number;
  readonly high: number;
  /** About so many. Default 5. */
  readonly ticks?: number;
  /** Ends at the values themselves, not at ticks. */
  readonly exact?: boolean;
  readonly percent?: boolean;
}

/** Ticks at 1, 2 or 5 times a power of ten, which are the ends too (Heckbert, Nice numbers for graph labels, 1990). */
export function linear({ low, high, ticks = 5, exact = false, percent = false }: ScaleOptions): Scale {
  const room = low === high ? Math.max(Math.abs(low) * 0.1, 0.5) : 0;
  const [least, most] = [low - room, high + room];
  const step = niceStep((most - least) / Math.max(1, ticks));
  const [start, end] = exact ? [least, most] : [Math.floor(least / step + 1e-9) * step, Math.ceil(most / step - 1e-9) * step];
  const first = Math.ceil(start / step - 1e-9);
  const last = Math.floor(end / step + 1e-9);
  const values = Array.from({ length: Math.max(0, Math.min(50, last - first + 1)) }, (_, at) => (first + at) * step);
  return {
    at: (value) => (value - start) / (end - start),
    ticks: values.map((value) => ({ value, label: percent ? percentLabel(value, step) : tickLabel(value, step) })),
  };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return power * (share < Math.SQRT2 ? 1 : share < Math.sqrt(10) ? 2 : share < Math.sqrt(50) ? 5 : 10);
}

/** For values above 0: ticks at powers of ten, and at 2 and 5 times those where there are few. */
export function logarithmic(low: number, high: number): Scale {
  const [start, end] = low === high ? [low / 2, high * 2] : [low, high];
  const [from, to] = [Math.log10(start), Math.log10(end)];
  const every = Math.max(1, Math.ceil((to - from) / 5));
  const powers = Array.from({ length: Math.floor(to + 1e-9) - Math.ceil(from - 1e-9) + 1 }, (_, at) => Math.ceil(from - 1e-9) + at);
  const values =
    powers.length >= 3
      ? powers.filter((power) => power % every === 0).map((power) => 10 ** power)
      : [...Array(Math.ceil(to) - Math.floor(from) + 1).keys()]
          .flatMap((at) => [1, 2, 5].map((factor) => factor * 10 ** (Math.floor(from) + at)))
          .filter((value) => value >= start * 0.999 && value <= end * 1.001);
  return {
    at: (value) => (Math.log10(value) - from) / (to - from),
    ticks: values.map((value) => ({ value, label: tickLabel(value, value) })),
  };
}

/** One place for each name, in the middle of its part of the axis. */
export const categories = (labels: readonly string[]): Scale => ({
  at: (value) => (value + 0.5) / labels.length,
  ticks: labels.map((label, value) => ({ value, label })),
});

const SUFFIXES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

export function tickLabel(value: number, step: number): string {
  const size = Math.max(Math.abs(value), Math.abs(step));
  if (Math.abs(value) < step * 1e-9) return '0';
  if (size >= 1e15 || size < 1e-5)
    return minus(
      value
        .toExponential(Math.abs(value / step) < 10 ? 0 : 1)
        .replace('e+', 'e')
        .replace('e-', 'e−'),
    );
  const [unit, suffix] = SUFFIXES.find(([least]) => size >= least * (least === 1e3 ? 10 : 1)) ?? [1, ''];
  const places = Math.min(8, Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9)));
  return `${minus((value / unit).toFixed(places))}${suffix}`;
}

const percentLabel = (value: number, step: number): string =>
  `${minus((value * 100).toFixed(Math.max(0, -Math.floor(Math.log10(step * 100) + 1e-9))))}%`;
