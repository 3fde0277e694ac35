import { median } from '../load/comparison.ts';
import { machineLine, wasBusy } from '../load/machine.ts';
import { table } from '../load/table.ts';
import type { Coefficients } from './coefficients.ts';
import type { TrainingOptions } from './options.ts';
import type { Quality } from './quality.ts';
import type { Speed } from './speed.ts';

export interface Report {
  readonly options: TrainingOptions;
  readonly versions: Readonly<Record<string, string>>;
  readonly loadBefore: number;
  readonly quality: readonly Quality[];
  readonly coefficients: readonly Coefficients[];
  readonly speed: readonly Speed[];
}

export function printReport({ options, versions, loadBefore, quality, coefficients, speed }: Report): string {
  return [
    `${machineLine()}, load ${loadBefore.toFixed(1)} before`,
    ...(wasBusy(loadBefore) ? ['The machine was busy before: trust the ratios more than the figures, and CPU more than seconds.'] : []),
    `against: ${namesOf(versions)}`,
    ...(speed.length === 0 ? [] : ['', ...speedTable(speed)]),
    ...(quality.length === 0
      ? []
      : ['', ...table([['held-out thirds', 'rows', 'metric', 'ours', 'theirs', 'difference', 'budget'], ...quality.map(qualityRow)])]),
    ...(coefficients.length === 0
      ? []
      : ['', ...table([['logistic regression', 'coefficients', 'greatest difference', 'budget'], ...coefficients.map(coefficientRow)])]),
    '',
    `${options.splits} splits of real data, ${options.rounds} rounds of training; differences ± their standard error`,
  ].join('\n');
}

const namesOf = (versions: Report['versions']): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ') || 'nothing';

const speedTable = (speed: readonly Speed[]): string[] =>
  table([
    [
      'training, medians of the rounds',
      'threads',
      'ours s',
      'theirs s',
      'ours CPU s',
      'theirs CPU s',
      'ours / theirs',
      'AUC',
      'their AUC',
      'budget',
    ],
    ...speed.map(speedRow),
  ]);

function speedRow({ what, threads, ours, theirs, ratio, scores, budget, met }: Speed): string[] {
  const of = (times: Speed['ours'], name: 'seconds' | 'cpu'): string =>
    times.length === 0 ? '' : median(times.map((each) => each[name])).toFixed(2);
  return [
    what,
    String(threads),
    of(ours, 'seconds'),
    of(theirs, 'seconds'),
    of(ours, 'cpu'),
    of(theirs, 'cpu'),
    ratio === undefined ? '' : `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
    scores.ours.toFixed(4),
    scores.theirs?.toFixed(4) ?? '',
    budget === undefined ? '' : `<= ${budget}, AUC within 0.003 ${verdict(met)}`,
  ];
}

const qualityRow = ({ trainer, dataset, rows, metric, ours, theirs, standardError, budget, met }: Quality): string[] => [
  `${trainer}, ${dataset}`,
  String(rows),
  metric,
  ours.toFixed(metric === 'AUC' ? 4 : 3),
  theirs.toFixed(metric === 'AUC' ? 4 : 3),
  `${(ours - theirs).toFixed(4)} ± ${standardError.toFixed(4)}`,
  `${budget} ${verdict(met)}`,
];

const coefficientRow = ({ dataset, count, difference, met }: Coefficients): string[] => [
  dataset,
  String(count),
  difference.toExponential(1),
  `<= 1e-4 ${verdict(met)}`,
];

const verdict = (met: boolean | undefined): string => (met === true ? 'OK' : 'MISSED');

/** Whether anything that must be reached was not. */
export const hasMissed = ({ quality, coefficients, speed }: Report): boolean =>
  [...quality, ...coefficients, ...speed].some(({ met }) => met === false);
