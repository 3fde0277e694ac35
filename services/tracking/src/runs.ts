import type { CallMeta, Database, Queryable, Transaction } from '@mlab/kernel';
import {
  checkBatch,
  checkMetric,
  fitTagValue,
  mlflowError,
  parseFilter,
  parseOrderBy,
  runFilters,
  runOrder,
  type LongValues,
} from '@mlab/mlflow';
import { experimentId, mustBeActive, noExperiment, type LifecycleStage, type Tag } from '#/domain/experiment.ts';
import { readFirstTags, readParams, readTags } from '#/domain/labels.ts';
import { newRunName } from '#/domain/run-name.ts';
import { noRun, RUN_NAME_TAG, type Metric, type Run, type RunData, type RunStatus } from '#/domain/run.ts';
import { refuseChanged } from '#/domain/params.ts';
import type { MetricWriter } from '#/metrics/metric-writer.ts';
import type { Numbers } from '#/metrics/numbers.ts';
import { ordered, rowsOf } from '#/metrics/rows.ts';
import { shareExperiment } from '#/store/experiments.ts';
import { insertMetrics } from '#/store/metrics.ts';
import { deleteTag, insertParams, readRunData, setTags } from '#/store/run-data.ts';
import { searchRuns } from '#/store/run-search.ts';
import { findRun, insertRun, lockRun, setRunStage, shareRun, updateRun } from '#/store/runs.ts';
import { openWriteToRun } from '#/write-to-run.ts';

export interface RunsOptions {
  readonly database: Database;
  readonly metrics: MetricWriter;
  readonly numbers: Numbers;
  readonly nowMs: () => number;
  /** 32 hexadecimal characters that nobody has had. */
  readonly newId: () => string;
  readonly random: () => number;
  readonly longValues: LongValues;
  /** Keeps the metrics that are also a logged model's, in the transaction of the run's own. */
  readonly logModelMetrics: (tx: Transaction, run: Run, metrics: readonly ModelMetric[]) => Promise<void>;
  /** Told what was logged besides what the writer tells, once it is committed. */
  readonly told: (runId: string, metrics: readonly Metric[], transaction: number) => void;
  /** Told that a run has changed in another way. */
  readonly changed: (runId: string) => void;
}

/** A metric that was measured with a logged model, perhaps on a dataset. */
export interface ModelMetric extends Metric {
  readonly modelId?: string | undefined;
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

export interface NewRun {
  readonly experimentId: string | undefined;
  readonly userId: string;
  readonly startMs: number;
  readonly name: string | undefined;
  readonly tags: readonly Tag[];
}

export interface RunChange {
  readonly name: string | undefined;
  readonly status: RunStatus | undefined;
  readonly endMs: number | undefined;
}

export interface Batch {
  readonly metrics: readonly ModelMetric[];
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

export interface RunSearch {
  readonly experimentIds: readonly string[];
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly stages: readonly LifecycleStage[];
  /** The last run of the page before: the next one begins behind it. */
  readonly after: string | undefined;
  /** How many runs there were before, in case that one is gone for good. */
  readonly offset: number;
  readonly limit: number;
}

export type Runs = ReturnType<typeof openRuns>;
export interface WholeRun {
  readonly run: Run;
  readonly data: RunData;
}

/** What can be done with runs, whatever protocol asks for it. */
export function openRuns({ database, metrics, numbers, nowMs, newId, random, longValues, logModelMetrics, told, changed }: RunsOptions) {
  const mustFind = async (db: Queryable, id: string): Promise<Run> => {
    const run = await findRun(db, id);
    if (run === undefined) throw noRun(id);
    return run;
  };
  const writing = openWriteToRun(database);
  const alone = { longValues, inBatch: false };
  const together = { longValues, inBatch: true };
  const writeParams = async (tx: Transaction, run: Run, params: readonly Tag[]): Promise<void> =>
    refuseChanged(run.id, params, await insertParams(tx, run.no, params));
  /** The name of a run is a tag as well. */
  const writeTags = async (tx: Transaction, run: Run, tags: readonly Tag[]): Promise<void> => {
    const name = tags.findLast(({ key }) => key === RUN_NAME_TAG)?.value;
    if (name !== undefined) await updateRun(tx, run.no, { name, status: undefined, endMs: undefined });
    await setTags(tx, run.no, tags);
  };
  /** Before a transaction begins, for it would wait for a second connection while it holds the first. */
  const keysOf = (call: CallMeta, values: readonly Metric[]): Promise<ReadonlyMap<string, number>> | ReadonlyMap<string, number> =>
    numbers.keys(
      database.for(call),
      values.map(({ key }) => key),
    );
  const writeMetrics = async (
    tx: Transaction,
    run: Run,
    values: readonly ModelMetric[],
    keys: ReadonlyMap<string, number>,
  ): Promise<void> => {
    if (values.length === 0) return;
    const { rows, latest } = ordered(rowsOf(run.no, values, keys));
    const { transaction } = await insertMetrics(tx, rows, latest);
    const ofModels = values.filter(({ modelId }) => modelId !== undefined);
    if (ofModels.length > 0) await logModelMetrics(tx, run, ofModels);
    tx.afterCommit(() => told(run.id, values, transaction));
  };

  return {
    create: (call: CallMeta, { experimentId: text, userId, startMs, name: given, tags }: NewRun): Promise<WholeRun> => {
      const id = newId();
      const kept = readFirstTags(tags, longValues);
      const name = fitTagValue(newRunName(given, kept, random), longValues);
      const all = kept.some(({ key }) => key === RUN_NAME_TAG) ? kept : [...kept, { key: RUN_NAME_TAG, value: name }];
      return database.transaction(call, async (tx) => {
        const experiment = await shareExperiment(tx, experimentId(text));
        if (experiment === undefined) throw noExperiment(experimentId(text));
        mustBeActive(experiment);
        const artifactUri = `${experiment.artifactLocation}/${id}/artifacts`;
        const run = { id, experimentId: experiment.id, name, userId, status: 'RUNNING' as const, startMs, artifactUri };
        const no = await insertRun(tx, run);
        await setTags(tx, no, all);
        const data = { metrics: [], params: [], tags: [...new Map(all.map((tag) => [tag.key, tag])).values()] };
        return { run: { ...run, no, endMs: undefined, lifecycleStage: 'active' as const }, data };
      });
    },

    find: (call: CallMeta, id: string): Promise<Run> => mustFind(database.for(call), id),

    get: async (call: CallMeta, id: string): Promise<WholeRun> => {
      const db = database.for(call);
      const run = await mustFind(db, id);
      return { run, data: dataOf(await readRunData(db, [run.no]), run) };
    },

    update: (call: CallMeta, id: string, change: RunChange): Promise<Run> =>
      writing(call, id, lockRun, async (tx, run) => {
        await updateRun(tx, run.no, { ...change, name: undefined });
        tx.afterCommit(() => changed(id));
        await writeTags(tx, run, readTags([{ key: RUN_NAME_TAG, value: change.name ?? '' }], alone));
        return mustFind(tx, id);
      }),

    setStage: async (call: CallMeta, id: string, stage: LifecycleStage): Promise<void> => {
      if (!(await setRunStage(database.for(call), id, stage, nowMs()))) throw noRun(id);
      changed(id);
    },

    logMetric: async (call: CallMeta, id: string, metric: ModelMetric): Promise<void> => {
      check(metric);
      if (metric.modelId === undefined) return metrics.write(call, id, [metric]);
      const keys = await keysOf(call, [metric]);
      await writing(call, id, shareRun, (tx, run) => writeMetrics(tx, run, [metric], keys));
    },

    logParam: (call: CallMeta, id: string, param: Tag): Promise<void> => {
      const kept = readParams([param], alone);
      return writing(call, id, shareRun, (tx, run) => writeParams(tx, run, kept));
    },

    /** All of it or nothing. */
    logBatch: async (call: CallMeta, id: string, batch: Batch): Promise<void> => {
      checkBatch(batch);
      for (const [index, metric] of batch.metrics.entries()) check(metric, index);
      const params = readParams(batch.params, together);
      const tags = readTags(batch.tags, together);
      const onlyMetrics = params.length === 0 && tags.length === 0;
      if (onlyMetrics && batch.metrics.length > 0 && batch.metrics.every(({ modelId }) => modelId === undefined))
        return metrics.write(call, id, batch.metrics);
      const keys = await keysOf(call, batch.metrics);
      await writing(call, id, tags.length > 0 ? lockRun : shareRun, async (tx, run) => {
        await writeParams(tx, run, params);
        await writeMetrics(tx, run, batch.metrics, keys);
        await writeTags(tx, run, tags);
      });
    },

    setTag: (call: CallMeta, id: string, tag: Tag): Promise<void> => {
      const kept = readTags([tag], alone);
      return writing(call, id, lockRun, (tx, run) => writeTags(tx, run, kept));
    },

    deleteTag: (call: CallMeta, id: string, key: string): Promise<void> =>
      writing(call, id, lockRun, async (tx, run) => {
        if (!(await deleteTag(tx, run.no, key)))
          throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key} in run with id ${id}`);
      }),

    search: async (call: CallMeta, search: RunSearch): Promise<readonly WholeRun[]> => {
      const { experimentIds, filter: text, orderBy, stages, after, offset, limit } = search;
      const filter = parseFilter(runFilters, text);
      const order = parseOrderBy(runOrder, orderBy);
      const ids = experimentIds.map((id) => experimentId(id));
      if (ids.length === 0) return [];
      const db = database.for(call);
      const found = await searchRuns(db, { experimentIds: [...new Set(ids)], filter, order, stages, after, offset, limit });
      const data = await readRunData(
        db,
        found.map(({ no }) => no),
      );
      return found.map((run) => ({ run, data: dataOf(data, run) }));
    },
  };
}

function check(metric: ModelMetric, index?: number): void {
  checkMetric({ ...metric, dataset_name: metric.datasetName, dataset_digest: metric.datasetDigest }, index);
}

function dataOf(all: ReadonlyMap<number, RunData>, { no }: Run): RunData {
  const data = all.get(no);
  if (data === undefined) throw new Error('A run has no data, not even an empty one.');
  return data;
}
