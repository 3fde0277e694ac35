/** What the figures say: medians, ratios within each round, and whether the budgets are kept. */
import { median, spread, type Spread } from '../load/comparison.ts';
import type { Form } from './options.ts';
import type { DoorResult, Result } from './measure.ts';
import type { Start } from './targets.ts';

export interface Row {
  readonly door: string;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly cpuMs: number;
  /** Of each round; percentiles of fewer say nothing. */
  readonly requests: number;
  /** How many times as fast each door of ours is, in the order of ours. */
  readonly ours: readonly (Spread & { readonly met?: boolean })[];
  readonly budget?: number;
  /** Of ours: whether what it must reach by itself is reached. */
  readonly met?: boolean;
}

/** Where several ask at once, or rows are counted, throughput decides; else the time of the median. */
export function rowsOf({ contest, doors }: Result): Row[] {
  const speedOf = (sample: DoorResult['samples'][number]): number => (contest.connections > 1 ? sample.perSecond : 1 / sample.p50);
  const own = doors.filter(({ form }) => form === undefined);
  return doors.map(({ door, form, samples }) => {
    const of = (name: 'p50' | 'p95' | 'p99' | 'perSecond' | 'cpuMs' | 'requests'): number => median(samples.map((sample) => sample[name]));
    const perSecond = of('perSecond') * (contest.rows ?? 1);
    const figures = { door, p50: of('p50'), p95: of('p95'), p99: of('p99'), perSecond, cpuMs: of('cpuMs'), requests: of('requests') };
    if (form === undefined) {
      if (contest.own === undefined) return { ...figures, ours: [] };
      const { p50 = Infinity, perSecond: least = 0 } = contest.own;
      return { ...figures, ours: [], met: figures.p50 <= p50 && perSecond >= least };
    }
    const budget = contest.budget?.[form];
    const ours = own.map((each) => {
      const ratio = spread(samples.map((sample, round) => speedOf(each.samples[round] ?? sample) / speedOf(sample)));
      return budget === undefined ? ratio : { ...ratio, met: ratio.median >= budget };
    });
    return { ...figures, ours, ...(budget === undefined ? {} : { budget }) };
  });
}

/** So many times as fast, or as small, ours must start. */
export const START_BUDGET = 5;
export const MEMORY_BUDGET = 4;

export interface StartRow {
  readonly name: string;
  readonly coldMs: number;
  readonly megabytes: number;
  readonly cold?: { readonly times: number; readonly met: boolean };
  readonly memory?: { readonly times: number; readonly met: boolean };
}

export interface Starts {
  readonly name: string;
  readonly form?: Form;
  readonly starts: readonly Start[];
}

/** Ours with its PostgreSQL is what the others are compared with: MLflow on SQLite has none, on PostgreSQL it is not counted for it. */
export function startRows(all: readonly Starts[]): StartRow[] {
  const withDatabase = all.flatMap(({ starts }) => starts.flatMap((start) => start.withDatabase ?? []));
  const whole = {
    coldMs: median(withDatabase.map((start) => start.coldMs)),
    megabytes: median(withDatabase.map((start) => start.megabytes)),
  };
  return all.flatMap(({ name, form, starts }) => {
    const coldMs = median(starts.map((start) => start.coldMs));
    const megabytes = median(starts.map((start) => start.megabytes));
    if (form === undefined)
      return [
        { name: `${name}, platform and gateway`, coldMs, megabytes },
        { name: `${name}, with PostgreSQL`, ...whole },
      ];
    const cold = coldMs / whole.coldMs;
    const memory = megabytes / whole.megabytes;
    return [
      {
        name,
        coldMs,
        megabytes,
        cold: { times: cold, met: cold >= START_BUDGET },
        memory: { times: memory, met: memory >= MEMORY_BUDGET },
      },
    ];
  });
}
