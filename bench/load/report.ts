import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Comparison, Spread, Summary } from './comparison.ts';
import { machineLine, wasBusy } from './machine.ts';
import type { Pace } from './rounds.ts';
import { table } from './table.ts';

export interface Setting extends Pace {
  readonly cores: number;
  readonly cpu: string;
  readonly node: string;
  readonly system: string;
  readonly generator: string;
  /** How many programs wanted a core in the minute before: what other work disturbs the figures. */
  readonly loadBefore: number;
}

/** Figures without their machine mean nothing. */
export function describeSetting(generator: string, pace: Pace): Setting {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    loadBefore: loadavg()[0] ?? 0,
    generator,
    ...pace,
  };
}

export function printReport(setting: Setting, comparisons: readonly Comparison[]): string {
  const { loadBefore, generator, connections, rounds, seconds } = setting;
  const lines = [
    machineLine(),
    `load: ${generator}, ${connections} connections, ${rounds} rounds of ${seconds} s each, bare and ours in turn; medians of the rounds`,
  ];
  if (wasBusy(loadBefore)) {
    lines.push(`The machine was busy before (load ${loadBefore.toFixed(1)}): trust the ratios of CPU, not of requests/s.`);
  }
  for (const comparison of comparisons) lines.push('', ...section(comparison));
  return lines.join('\n');
}

function section({ name, bare, ours, verdicts, cpu }: Comparison): string[] {
  const roles = Object.keys(ours.cpu);
  const figures = ({ perSecond, p50, p99, cpu: spent }: Summary): string[] => [
    perSecond.toFixed(0),
    p50.toFixed(2),
    p99.toFixed(2),
    ...roles.map((role) => (spent[role] ?? NaN).toFixed(0)),
  ];
  const rows = table([
    [name, 'requests/s', 'p50 ms', 'p99 ms', ...roles.map((role) => `${role} CPU µs`)],
    ['bare node:http', ...figures(bare)],
    ['ours', ...figures(ours)],
  ]);
  const judged = verdicts.map((each) => [`ours / bare, ${each.what}`, ratio(each.ratio), each.budget, each.met ? 'OK' : 'MISSED']);
  const costs = Object.entries(cpu).map(([role, spent]) => [`ours / bare, ${role} CPU per request`, ratio(spent), '', '']);
  return [...rows, ...table([['', 'median (min–max)', 'budget', ''], ...judged, ...costs])];
}

const ratio = ({ median, min, max }: Spread): string => `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
