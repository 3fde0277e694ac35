import type { CallMeta, Database, Queryable } from '@mlab/kernel';
import { findKeyIds, findRunNos } from '#/store/metrics.ts';
import { readHistory, sampleHistory, type Point, type Steps } from '#/store/metric-history.ts';

export interface PointOfRun extends Point {
  readonly runId: string;
}

export interface Page {
  readonly offset: number;
  /** Absent: all. */
  readonly limit: number | undefined;
}

export type MetricHistory = ReturnType<typeof openMetricHistory>;

/** All values that were ever logged. A metric that a run has never had is an empty history, and so is that of a run that is not there. */
export function openMetricHistory(database: Database) {
  const numbersOf = async (db: Queryable, runIds: readonly string[], key: string) => {
    const [runNos, keyIds] = await Promise.all([findRunNos(db, runIds), findKeyIds(db, [key])]);
    const keyId = keyIds.get(key);
    if (keyId === undefined) return [];
    return runIds.flatMap((runId) => {
      const runNo = runNos.get(runId);
      return runNo === undefined ? [] : [{ runId, runNo, keyId }];
    });
  };

  return {
    read: async (call: CallMeta, runId: string, key: string, { offset, limit }: Page): Promise<readonly Point[]> => {
      const db = database.for(call);
      const [metric] = await numbersOf(db, [runId], key);
      return metric === undefined ? [] : readHistory(db, metric, offset, limit);
    },

    /** Of several runs, one after the other in the order of their ids, so many values in all. */
    readSeveral: async (call: CallMeta, runIds: readonly string[], key: string, limit: number): Promise<readonly PointOfRun[]> => {
      const db = database.for(call);
      const all: PointOfRun[] = [];
      for (const metric of await numbersOf(db, [...new Set(runIds)].toSorted(), key)) {
        const points = await readHistory(db, metric, 0, limit - all.length);
        all.push(...points.map((point) => ({ ...point, runId: metric.runId })));
        if (all.length >= limit) break;
      }
      return all;
    },

    /** Of each of several runs at most so many values. */
    sample: async (
      call: CallMeta,
      runIds: readonly string[],
      key: string,
      count: number,
      steps?: Steps,
    ): Promise<readonly PointOfRun[]> => {
      const db = database.for(call);
      const metrics = await numbersOf(db, [...new Set(runIds)], key);
      const sampled: PointOfRun[] = [];
      for (const metric of metrics) {
        const points = await sampleHistory(db, metric, count, steps);
        sampled.push(...points.map((point) => ({ ...point, runId: metric.runId })));
      }
      return sampled;
    },
  };
}
