import { spread, type Spread } from '../load/comparison.ts';
import { machineLine, noiseLine, wasBusy } from '../load/machine.ts';
import type { Noise } from '../load/noise.ts';
import type { Pace } from '../load/rounds.ts';
import { table } from '../load/table.ts';
import type { Measured, Sample } from './rounds.ts';
import { judge, OURS, ratios, type Verdict } from './verdicts.ts';

export interface ModelReport {
  readonly title: string;
  readonly results: readonly Measured[];
  /** Microseconds of a row inside the process, one for each round. */
  readonly inside: readonly number[];
  /** What could not be started, and why. */
  readonly missing: Readonly<Record<string, string>>;
}

export interface Report {
  readonly generator: string;
  readonly pace: Pace;
  readonly loadBefore: number;
  readonly noise: Noise;
  readonly models: readonly ModelReport[];
}

export function printReport({ generator, pace, loadBefore, noise, models }: Report): string {
  return [
    machineLine(),
    `load: ${generator}, ${pace.connections} connections, one row a request, ${pace.rounds} rounds of ${pace.seconds} s for each; medians of the rounds`,
    noiseLine(noise, loadBefore),
    ...(wasBusy(loadBefore) ? ['The machine was busy before: trust the ratios more than the figures, and CPU more than requests/s.'] : []),
    ...models.flatMap((model) => ['', ...section(model)]),
  ].join('\n');
}

function section({ title, results, inside, missing }: ModelReport): string[] {
  const ours = results.find(({ target }) => target.name === OURS);
  const rows = results.map((measured) => {
    const { target, samples, processes } = measured;
    const of = (pick: (sample: Sample) => number): number => spread(samples.map(pick)).median;
    const times = measured === ours ? undefined : ratios(ours, measured, ({ perSecond }) => perSecond);
    return [
      target.name,
      of(({ perSecond }) => perSecond).toFixed(0),
      of(({ p50 }) => p50).toFixed(2),
      of(({ p99 }) => p99).toFixed(2),
      of(({ cpu }) => cpu).toFixed(0),
      times === undefined ? '' : range(times),
      `${processes}`,
    ];
  });
  const heading = [title, 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs', `${OURS} is x times as fast`, 'processes'];
  const verdicts = judge(results, inside).map(({ what, budget, ratio, met }) => [
    what,
    ratio === undefined ? 'not measured' : range(ratio),
    budget,
    met === undefined ? '' : met ? 'OK' : 'MISSED',
  ]);
  return [
    ...table([heading, ...rows]),
    ...results.map(({ target }) => `${target.name}: ${target.shape}`),
    ...Object.entries(missing).map(([name, reason]) => `${name} was not measured: ${reason}`),
    '',
    ...table([['of the rounds', 'median (min–max)', 'budget', ''], ...verdicts]),
  ];
}

const range = ({ median, min, max }: Spread): string => `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;

/** Whether anything that must be reached was not, or was not measured. */
export const hasMissed = ({ models }: Pick<Report, 'models'>): boolean =>
  models.some(({ results, inside }) => judge(results, inside).some(({ met }: Verdict) => met !== true));
