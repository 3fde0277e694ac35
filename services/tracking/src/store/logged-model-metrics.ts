import type { Queryable } from '@mlab/kernel';
import { integer, sql, text, unnest } from '@mlab/sql';

/** One value that a run has logged for a model, by numbers. */
export interface ModelMetricRow {
  readonly modelNo: number;
  readonly keyId: number;
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
  /** '' when it is not told. */
  readonly datasetName: string;
  readonly datasetDigest: string;
}

/** The numbers of models by their ids; none of these is removed until the transaction ends. */
export async function shareModelNos(db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = await db.all(
    sql`SELECT id, no FROM logged_model WHERE id = ANY(${ids}::text[]) ORDER BY no FOR KEY SHARE`,
    (row) => [text(row['id']), integer(row['no'])] as const,
  );
  return new Map(found);
}

/** Writes values, each once. */
export async function insertModelMetrics(db: Queryable, runNo: number, rows: readonly ModelMetricRow[]): Promise<void> {
  const columns = unnest({
    model_no: ['int8', rows.map(({ modelNo }) => modelNo)],
    key_id: ['int4', rows.map(({ keyId }) => keyId)],
    timestamp_ms: ['int8', rows.map(({ timestamp }) => timestamp)],
    step: ['int8', rows.map(({ step }) => step)],
    value: ['float8', rows.map(({ value }) => value)],
    dataset_name: ['text', rows.map(({ datasetName }) => datasetName)],
    dataset_digest: ['text', rows.map(({ datasetDigest }) => datasetDigest)],
  });
  // In one order, so that two who write to one model never wait for each other in a circle.
  await db.run(sql`
    INSERT INTO logged_model_metric (model_no, key_id, timestamp_ms, step, run_no, value, dataset_name, dataset_digest)
    SELECT model_no, key_id, timestamp_ms, step, ${runNo}::bigint, value, dataset_name, dataset_digest FROM ${columns}
    ORDER BY model_no, key_id, timestamp_ms, step, value, dataset_name, dataset_digest ON CONFLICT DO NOTHING`);
}
