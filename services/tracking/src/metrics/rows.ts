import { isLater, storedValue, type Metric } from '#/domain/run.ts';
import type { MetricRow } from '#/store/metrics.ts';

/** Values of one run as rows. */
export function rowsOf(runNo: number, metrics: readonly Metric[], keys: ReadonlyMap<string, number>): readonly MetricRow[] {
  return metrics.map(({ key, timestamp, step, value }) => {
    const keyId = keys.get(key);
    if (keyId === undefined) throw new Error(`The metric ${key} has no number.`);
    return { runNo, keyId, timestamp, step, value: storedValue(value) };
  });
}

/** In the order of the table's key, so that two who write the same never wait for each other in a circle, and of each metric the latest. */
export function ordered(rows: readonly MetricRow[]): { readonly rows: readonly MetricRow[]; readonly latest: readonly MetricRow[] } {
  const sorted = rows.toSorted(
    (a, b) => a.runNo - b.runNo || a.keyId - b.keyId || a.timestamp - b.timestamp || a.step - b.step || byValue(a.value, b.value),
  );
  const latest: MetricRow[] = [];
  for (const row of sorted) {
    const last = latest.at(-1);
    if (last === undefined || last.runNo !== row.runNo || last.keyId !== row.keyId) latest.push(row);
    else if (isLater(asMetric(row), asMetric(last))) latest[latest.length - 1] = row;
  }
  return { rows: sorted, latest };
}

/** As PostgreSQL orders them: NaN behind all others. */
const byValue = (a: number, b: number): number => (Number.isNaN(a) ? Number(!Number.isNaN(b)) : Number.isNaN(b) ? -1 : a - b);

const asMetric = ({ timestamp, step, value }: MetricRow): Metric => ({ key: '', timestamp, step, value });
