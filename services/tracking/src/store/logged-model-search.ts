import type { Queryable, Sql } from '@mlab/kernel';
import type { Comparison, Filter, LoggedModelOrder } from '@mlab/mlflow';
import { filterSql, numberCondition, textCondition } from '@mlab/mlflow/sql';
import { identifier, join, sql } from '@mlab/sql';
import { statusOf, type LoggedModel } from '#/domain/logged-model.ts';
import { loggedModelColumns, toLoggedModel } from './logged-models.ts';
import { findKeyIds } from './metrics.ts';
import { metricsOf } from './run-filter.ts';

export interface DatasetChoice {
  readonly name: string;
  readonly digest: string | undefined;
}

export interface LoggedModelQuery {
  readonly experimentIds: readonly string[];
  readonly filter: Filter | undefined;
  /** Only what was measured on one of these counts; none: all. */
  readonly datasets: readonly DatasetChoice[];
  /** Ends with what decides between equals. */
  readonly order: readonly LoggedModelOrder[];
  readonly offset: number;
  readonly limit: number;
}

type KeyIds = ReadonlyMap<string, number>;

/** Texts and numbers among the columns of `logged_model AS m`. */
const TEXTS: Readonly<Record<string, Sql>> = {
  name: sql`m.name`,
  model_id: sql`m.id`,
  model_type: sql`m.model_type`,
  status: sql`m.status`,
  source_run_id: sql`m.source_run_id`,
  experiment_id: sql`m.experiment_id::text`,
};
const NUMBERS: Readonly<Record<string, Sql>> = { creation_timestamp: sql`m.created_ms`, last_updated_timestamp: sql`m.updated_ms` };

export async function searchLoggedModels(db: Queryable, query: LoggedModelQuery): Promise<readonly LoggedModel[]> {
  const { experimentIds, filter, datasets, order, offset, limit } = query;
  const named = metricsOf(filter);
  const metrics = new Set([...named, ...order.filter(({ entity }) => entity === 'metric').map(({ key }) => key)]);
  const keyIds = metrics.size === 0 ? new Map<string, number>() : await findKeyIds(db, [...metrics]);
  const measured = sql`EXISTS (SELECT 1 FROM logged_model_metric AS x WHERE x.model_no = m.no${onDatasets(datasets)})`;
  const where = join(
    [
      sql`m.experiment_id = ANY(${experimentIds}::bigint[]) AND m.deleted_ms IS NULL`,
      ...(filter === undefined ? [] : [condition(filter, datasets, keyIds)]),
      ...(datasets.length > 0 && named.length === 0 ? [measured] : []),
    ],
    sql` AND `,
  );
  const { joins, by } = ordering(order, keyIds);
  return db.all(
    sql`SELECT ${loggedModelColumns} FROM logged_model AS m${joins} WHERE ${where} ORDER BY ${by} OFFSET ${offset} LIMIT ${limit}`,
    toLoggedModel,
  );
}

/** A filter as a condition on `logged_model AS m`. Of a metric any value may match, not only the latest. */
const condition = (filter: Filter, datasets: readonly DatasetChoice[], keyIds: KeyIds): Sql =>
  filterSql(filter, (comparison) => {
    const { entity, key, operator, value } = comparison;
    if (entity === 'metric') return metricCondition(comparison, datasets, keyIds);
    if (entity === 'param' || entity === 'tag') return labelCondition(comparison);
    const number = NUMBERS[key];
    if (number !== undefined) return numberCondition(number, operator, value);
    const text = TEXTS[key];
    if (text === undefined) throw new Error(`Logged models have no ${key}.`);
    return textCondition(text, operator, key === 'status' ? statusValue(comparison) : value);
  });

function statusValue({ operator, value }: Comparison): Comparison['value'] {
  if (Array.isArray(value)) return (value as readonly string[]).map(statusOf);
  return operator === '=' || operator === '!=' ? statusOf(String(value)) : value;
}

function metricCondition({ key, operator, value }: Comparison, datasets: readonly DatasetChoice[], keyIds: KeyIds): Sql {
  const keyId = keyIds.get(key);
  if (keyId === undefined) return sql`false`;
  // NaN is unlike every number; to PostgreSQL it is greater than all others.
  const finite = operator === '>' || operator === '>=' ? sql` AND x.value < 'NaN'::float8` : sql``;
  const compares = numberCondition(sql`x.value`, operator, value);
  return sql`EXISTS (SELECT 1 FROM logged_model_metric AS x WHERE x.model_no = m.no AND x.key_id = ${keyId} AND ${compares}${finite}${onDatasets(datasets)})`;
}

function onDatasets(datasets: readonly DatasetChoice[]): Sql {
  if (datasets.length === 0) return sql``;
  const each = datasets.map(({ name, digest }) =>
    digest === undefined ? sql`x.dataset_name = ${name}` : sql`(x.dataset_name = ${name} AND x.dataset_digest = ${digest})`,
  );
  return sql` AND (${join(each, sql` OR `)})`;
}

function labelCondition({ entity, key, operator, value }: Comparison): Sql {
  const table = entity === 'param' ? sql`logged_model_param` : sql`logged_model_tag`;
  // The index knows the beginning of each value.
  const begins = operator === '=' ? sql` AND left(l.value, 200) = left(${value as string}, 200)` : sql``;
  return sql`EXISTS (SELECT 1 FROM ${table} AS l WHERE l.model_no = m.no AND l.key = ${key}${begins} AND ${textCondition(sql`l.value`, operator, value)})`;
}

/** What is missing stands last in either direction, and NaN before it. A metric counts by its latest value. */
function ordering(order: readonly LoggedModelOrder[], keyIds: KeyIds): { readonly joins: Sql; readonly by: Sql } {
  const joins: Sql[] = [];
  const by: Sql[] = [];
  for (const [index, { entity, key, ascending, datasetName: name, datasetDigest: digest }] of order.entries()) {
    const direction = ascending ? sql`ASC NULLS LAST` : sql`DESC NULLS LAST`;
    if (entity === 'attribute') by.push(sql`${sortable(key)} ${direction}`);
    else {
      const alias = identifier(`o${index}`);
      const on = name === undefined ? sql`` : onDatasets([{ name, digest }]);
      joins.push(
        sql` LEFT JOIN LATERAL (SELECT x.value FROM logged_model_metric AS x WHERE x.model_no = m.no AND x.key_id = ${keyIds.get(key) ?? -1}${on}
             ORDER BY x.timestamp_ms DESC, x.step DESC, x.run_no LIMIT 1) AS ${alias} ON true`,
      );
      by.push(
        sql`CASE WHEN ${alias}.value IS NULL THEN 2 WHEN ${alias}.value = 'NaN'::float8 THEN 1 ELSE 0 END`,
        sql`${alias}.value ${direction}`,
      );
    }
  }
  return { joins: join(joins, sql``), by: join(by) };
}

function sortable(key: string): Sql {
  const text = TEXTS[key];
  if (key === 'experiment_id') return sql`m.experiment_id`;
  const column = text === undefined ? NUMBERS[key] : sql`${text} COLLATE "C"`;
  if (column === undefined) throw new Error(`Logged models have no ${key}.`);
  return column;
}
