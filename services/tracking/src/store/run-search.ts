import type { Queryable, Sql } from '@mlab/kernel';
import type { Filter, Order } from '@mlab/mlflow';
import { identifier, join, sql } from '@mlab/sql';
import type { LifecycleStage } from '#/domain/experiment.ts';
import type { Run } from '#/domain/run.ts';
import { findKeyIds } from './metrics.ts';
import { attributeColumn, metricsOf, runCondition } from './run-filter.ts';
import { runColumns, toRun } from './runs.ts';

export interface RunQuery {
  readonly experimentIds: readonly string[];
  readonly filter: Filter | undefined;
  /** Ends with what decides between equals. */
  readonly order: readonly Order[];
  readonly stages: readonly LifecycleStage[];
  readonly offset: number;
  readonly limit: number;
}

export async function searchRuns(db: Queryable, query: RunQuery): Promise<readonly Run[]> {
  const { experimentIds, filter, order, stages, offset, limit } = query;
  const metrics = new Set([...metricsOf(filter), ...order.filter(({ entity }) => entity === 'metric').map(({ key }) => key)]);
  const keyIds = metrics.size === 0 ? new Map<string, number>() : await findKeyIds(db, [...metrics]);
  const where = join(
    [
      // One experiment by itself, so that an index gives its runs in order.
      experimentIds.length === 1
        ? sql`r.experiment_id = ${experimentIds[0] as string}::bigint`
        : sql`r.experiment_id = ANY(${experimentIds}::bigint[])`,
      stages.length === 1 ? sql`r.lifecycle_stage = ${stages[0] as string}` : sql`r.lifecycle_stage = ANY(${stages}::text[])`,
      ...(filter === undefined ? [] : [runCondition(filter, keyIds)]),
    ],
    sql` AND `,
  );
  const page = { where, offset, limit };
  return (await byFirst(db, order, keyIds, page)) ?? (await inGeneral(db, order, keyIds, page));
}

interface Page {
  readonly where: Sql;
  readonly offset: number;
  readonly limit: number;
}

type KeyIds = ReadonlyMap<string, number>;

/**
 * Ordered by a metric, a parameter or a tag first: the index of its values gives the runs that have one in this order, so that a page of many
 * runs does not cost a sort of all of them. Undefined when the page reaches those that have none, who stand behind.
 */
async function byFirst(db: Queryable, order: readonly Order[], keyIds: KeyIds, page: Page): Promise<readonly Run[] | undefined> {
  const [first, ...rest] = order;
  if (first === undefined || first.entity === 'attribute') return undefined;
  const { joins, by } = ordering(rest, keyIds);
  const direction = first.ascending ? sql`ASC` : sql`DESC`;
  const tail = sql`${by} OFFSET ${page.offset} LIMIT ${page.limit}`;
  const runs = await db.all(
    first.entity === 'metric'
      ? sql`SELECT ${runColumns} FROM latest_metric AS o JOIN run AS r ON r.no = o.run_no${joins}
            WHERE o.key_id = ${keyIds.get(first.key) ?? NO_KEY} AND o.value < 'NaN'::float8 AND ${page.where} ORDER BY o.value ${direction}, ${tail}`
      : sql`SELECT ${runColumns} FROM ${labels(first.entity)} AS o JOIN run AS r ON r.no = o.run_no${joins}
            WHERE o.key = ${first.key} AND ${page.where} ORDER BY left(o.value, 200) ${direction}, o.value ${direction}, ${tail}`,
    toRun,
  );
  return runs.length === page.limit ? runs : undefined;
}

/** Of a metric that nobody has logged. */
const NO_KEY = -1;

const labels = (entity: string): Sql => (entity === 'param' ? sql`param` : sql`tag`);

function inGeneral(db: Queryable, order: readonly Order[], keyIds: KeyIds, page: Page): Promise<readonly Run[]> {
  const { joins, by } = ordering(order, keyIds);
  return db.all(
    sql`SELECT ${runColumns} FROM run AS r${joins} WHERE ${page.where} ORDER BY ${by} OFFSET ${page.offset} LIMIT ${page.limit}`,
    toRun,
  );
}

/** What is missing stands last in either direction, and NaN before it. */
function ordering(order: readonly Order[], keyIds: KeyIds): { readonly joins: Sql; readonly by: Sql } {
  const joins: Sql[] = [];
  const by: Sql[] = [];
  for (const [index, { entity, key, ascending }] of order.entries()) {
    const direction = ascending ? sql`ASC NULLS LAST` : sql`DESC NULLS LAST`;
    const alias = ALIASES[index];
    // Only the end may be missing, and only an order that does not speak of what is missing is the order of an index.
    if (entity === 'attribute') by.push(sql`${attributeColumn(key)} ${key === 'end_time' ? direction : ascending ? sql`ASC` : sql`DESC`}`);
    else if (alias === undefined) throw new Error('An order has more parts than there are names for.');
    else if (entity === 'metric') {
      joins.push(sql` LEFT JOIN latest_metric AS ${alias} ON ${alias}.run_no = r.no AND ${alias}.key_id = ${keyIds.get(key) ?? NO_KEY}`);
      by.push(
        sql`CASE WHEN ${alias}.value IS NULL THEN 2 WHEN ${alias}.value = 'NaN'::float8 THEN 1 ELSE 0 END`,
        sql`${alias}.value ${direction}`,
      );
    } else {
      joins.push(sql` LEFT JOIN ${labels(entity)} AS ${alias} ON ${alias}.run_no = r.no AND ${alias}.key = ${key}`);
      by.push(sql`${alias}.value ${direction}`);
    }
  }
  return { joins: join(joins, sql``), by: join(by) };
}

const ALIASES = Array.from({ length: 128 }, (_, index) => identifier(`o${index}`));
