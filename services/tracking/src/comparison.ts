import type { Comparison, Curve } from '@mlab/contracts/tracking-comparison';
import { AppError, type CallMeta, type Database, type Queryable } from '@mlab/kernel';
import { commonMetrics, compare, type Compared, type Labelled } from '#/domain/compare.ts';
import type { Run, RunData } from '#/domain/run.ts';
import { readCurves, type SampledCurve } from '#/store/curves.ts';
import { findKeyIds } from '#/store/metrics.ts';
import { readRunData } from '#/store/run-data.ts';
import { findRuns } from '#/store/runs.ts';

export interface ComparisonAsked {
  readonly run: readonly string[];
  readonly metric?: readonly string[];
  readonly align: 'step' | 'time';
  readonly points: number;
}

/** Metrics that are drawn when none is chosen. */
const FIRST_METRICS = 6;
/** More than a page can draw, and an answer of some megabytes. */
const MAX_POINTS = 250_000;

/** What differs between runs, and their metrics as curves. */
export async function compareRuns(database: Database, call: CallMeta, asked: ComparisonAsked): Promise<Comparison> {
  const { align, points } = asked;
  const db = database.for(call);
  const runs = await mustFindAll(db, [...new Set(asked.run)]);
  const data = await readRunData(
    db,
    runs.map(({ no }) => no),
  );
  const labelled = <T>(pick: (data: RunData) => readonly (readonly [string, T])[]): readonly Labelled<T>[] =>
    runs.map(({ id, no }) => ({ runId: id, values: new Map(pick(data.get(no) ?? NO_DATA)) }));
  const latest = labelled(({ metrics }) => metrics.map(({ key, value }) => [key, value] as const));
  const drawn = asked.metric === undefined ? commonMetrics(latest, FIRST_METRICS) : [...new Set(asked.metric)];
  refuseTooMany(runs.length, drawn.length, points);

  const keyIds = await findKeyIds(db, drawn);
  const curves: { metric: string; runs: Curve[] }[] = [];
  for (const metric of drawn) {
    const having = latest.flatMap(({ values }, index) => (values.has(metric) ? [runs[index] as Run] : []));
    const keyId = keyIds.get(metric);
    const sampled = keyId === undefined ? [] : await readCurves(db, numbersOf(having), keyId, { order: align, points });
    const byNo = new Map(having.map((run) => [run.no, run]));
    curves.push({ metric, runs: sampled.map((curve) => toCurve(curve, byNo.get(curve.runNo) as Run)) });
  }
  return {
    runs: runs.map(toComparedRun),
    params: compare(labelled(({ params }) => params.map(({ key, value }) => [key, value] as const))) as Comparison['params'],
    tags: compare(labelled(({ tags }) => tags.map(({ key, value }) => [key, value] as const))) as Comparison['tags'],
    metrics: withNanAsWord(compare(latest)),
    align,
    curves,
  };
}

const NO_DATA: RunData = { metrics: [], params: [], tags: [] };

async function mustFindAll(db: Queryable, ids: readonly string[]): Promise<readonly Run[]> {
  const found = new Map((await findRuns(db, ids)).map((run) => [run.id, run]));
  const missing = ids.filter((id) => !found.has(id));
  if (missing.length > 0) {
    const named = missing.slice(0, 3).map((id) => id.slice(0, 100));
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
    throw new AppError('not_found', `run: there ${missing.length === 1 ? 'is no run' : 'are no runs'} ${named.join(', ')}${more}.`);
  }
  return ids.map((id) => found.get(id) as Run);
}

function refuseTooMany(runs: number, metrics: number, points: number): void {
  const most = runs * metrics * points;
  if (most <= MAX_POINTS) return;
  throw new AppError(
    'invalid',
    `points: ${runs} runs with ${metrics} metrics of ${points} points each are ${most} points, and an answer has at most ${MAX_POINTS}: ask for fewer points, metrics or runs.`,
  );
}

const numbersOf = (runs: readonly Run[]): readonly number[] => runs.map(({ no }) => no);

function toComparedRun(run: Run): Comparison['runs'][number] {
  const { id, experimentId, name, userId, status, lifecycleStage, startMs: startTime, endMs } = run;
  const known = { id, experimentId, name, userId, status, lifecycleStage, startTime };
  return endMs === undefined ? known : { ...known, endTime: endMs };
}

const toCurve = ({ total, steps, timestamps, values }: SampledCurve, { id, startMs }: Run): Curve => ({
  runId: id,
  total,
  steps: [...steps],
  times: timestamps.map((timestamp) => timestamp - startMs),
  values: values.map((value) => (Number.isNaN(value) ? null : value)),
});

function withNanAsWord({ differ, same }: Compared<number>): Comparison['metrics'] {
  return {
    differ: differ.map(({ key, values }) => ({
      key,
      values: Object.fromEntries(Object.entries(values).map(([id, value]) => [id, word(value)])),
    })),
    same: same.map(({ key, value }) => ({ key, value: word(value) })),
  };
}

const word = (value: number): number | 'NaN' => (Number.isNaN(value) ? 'NaN' : value);
