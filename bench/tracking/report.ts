import type { Spread } from '../load/comparison.ts';
import { machineLine, noiseLine, wasBusy } from '../load/machine.ts';
import { table } from '../load/table.ts';
import { SMALL_RUNS, type Result } from './measure.ts';
import type { Noise } from '../load/noise.ts';
import type { TrackingOptions } from './options.ts';
import { MEMORY_BUDGET, rowsOf, START_BUDGET, startRows, type Starts } from './verdicts.ts';

export interface Report {
  readonly options: TrackingOptions;
  readonly loadBefore: number;
  readonly noise: Noise;
  readonly starts: readonly Starts[];
  readonly results: readonly Result[];
}

export function printReport({ options, loadBefore, noise, starts, results }: Report): string {
  return [
    machineLine(),
    `load: one program on the same machine, ${options.rounds} rounds of ${options.seconds} s each, all servers in turn; medians of the rounds`,
    noiseLine(noise, loadBefore),
    'CPU ms: of all processes of a server, its PostgreSQL included, for each piece of work; for 16 connections, throughput is compared, else the median',
    ...(wasBusy(loadBefore)
      ? ['The machine was busy before: trust the ratios more than the figures, and narrow ranges more than wide ones.']
      : []),
    ...startSection(starts),
    ...results.flatMap((result) => ['', ...section(result, options.runs)]),
  ].join('\n');
}

function startSection(starts: readonly Starts[]): string[] {
  const rows = startRows(starts).map(({ name, coldMs, megabytes, cold, memory }) => [
    name,
    coldMs.toFixed(0),
    megabytes.toFixed(0),
    cold === undefined ? '' : `${cold.times.toFixed(1)} ${verdict(cold.met)}`,
    memory === undefined ? '' : `${memory.times.toFixed(1)} ${verdict(memory.met)}`,
  ]);
  const heading = [
    'started again, then idle',
    'first answer ms',
    'memory MB',
    `ours starts x times as fast (>= ${START_BUDGET})`,
    `is x times smaller (>= ${MEMORY_BUDGET})`,
  ];
  return ['', ...table([heading, ...rows]), 'MLflow on PostgreSQL: without its PostgreSQL'];
}

function section(result: Result, runs: number): string[] {
  const { contest, doors } = result;
  const own = doors.filter(({ form }) => form === undefined);
  const counted = contest.name.includes('MB') ? 'MB/s' : contest.rows === undefined ? 'per s' : 'rows/s';
  const numbered = (count: number): string => `search in ${count.toLocaleString('en')} runs`;
  const searched: Record<string, string> = {
    'search in some of the runs': numbered(Math.min(SMALL_RUNS, runs)),
    'search in all the runs': numbered(runs),
  };
  const name = searched[contest.name] ?? contest.name;
  const comparing = doors.length > own.length ? own.map(({ door }) => `${door.replace('ours, ', '')} is x times as fast`) : [];
  const wanted = [
    contest.own?.p50 === undefined ? '' : `p50 <= ${contest.own.p50}`,
    contest.own?.perSecond === undefined ? '' : `>= ${contest.own.perSecond}`,
  ].join('');
  const rows = rowsOf(result).map((row) => [
    row.door,
    row.p50.toFixed(2),
    row.requests < 20 ? '' : row.p95.toFixed(2),
    row.requests < 100 ? '' : row.p99.toFixed(2),
    row.perSecond.toFixed(row.perSecond < 10 ? 1 : 0),
    row.cpuMs.toFixed(2),
    ...comparing.map((_, index) => {
      const ratio = row.ours[index];
      return ratio === undefined ? '' : `${range(ratio)}${ratio.met === undefined ? '' : ` ${verdict(ratio.met)}`}`;
    }),
    row.met !== undefined ? `${wanted} ${verdict(row.met)}` : row.budget === undefined ? '' : `>= ${row.budget}`,
  ]);
  return table([[name, 'p50 ms', 'p95 ms', 'p99 ms', counted, 'CPU ms', ...comparing, 'budget'], ...rows]);
}

const verdict = (met: boolean): string => (met ? 'OK' : 'MISSED');
const range = ({ median, min, max }: Spread): string => `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;

/** Whether anything that must be reached was not. */
export function hasMissed({ starts, results }: Pick<Report, 'starts' | 'results'>): boolean {
  const late = startRows(starts).some(({ cold, memory }) => cold?.met === false || memory?.met === false);
  return late || results.some((result) => rowsOf(result).some((row) => row.met === false || row.ours.some(({ met }) => met === false)));
}
