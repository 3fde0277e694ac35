import type { Queryable, Sql } from '@mlab/kernel';
import type { Filter, Order } from '@mlab/mlflow';
import { join, sql } from '@mlab/sql';
import type { LifecycleStage } from '#/domain/experiment.ts';
import type { Run } from '#/domain/run.ts';
import { findKeyIds } from './metrics.ts';
import { metricsOf, runCondition } from './run-filter.ts';
import { behind, findPlace, joined, orderBy, termsOf, type Place, type Term } from './run-order.ts';
import { runColumns, toRun } from './runs.ts';

export interface RunQuery {
  readonly experimentIds: readonly string[];
  readonly filter: Filter | undefined;
  /** Ends with what decides between equals. */
  readonly order: readonly Order[];
  readonly stages: readonly LifecycleStage[];
  /** The last run of the page before. What comes and goes meanwhile neither hides a run nor shows one twice. */
  readonly after: string | undefined;
  /** Where the page begins if that run is gone for good, or was never told. */
  readonly offset: number;
  readonly limit: number;
}

export async function searchRuns(db: Queryable, query: RunQuery): Promise<readonly Run[]> {
  const { experimentIds, filter, order, stages, after, offset, limit } = query;
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
  const terms = termsOf(order, keyIds);
  const place = after === undefined ? undefined : await findPlace(db, terms, after);
  const page =
    place === undefined ? { place, where, offset, limit } : { place, where: sql`${where} AND ${behind(terms, place)}`, offset: 0, limit };
  return (await byFirst(db, terms, page)) ?? (await inGeneral(db, terms, page));
}

interface Page {
  readonly place: Place | undefined;
  readonly where: Sql;
  readonly offset: number;
  readonly limit: number;
}

/**
 * Ordered by a metric, a parameter or a tag first: the index of its values gives the runs that have one in this order, so that a page of many
 * runs does not cost a sort of all of them. Undefined when the page reaches those that have none, who stand behind.
 */
async function byFirst(db: Queryable, [first, ...rest]: readonly Term[], page: Page): Promise<readonly Run[] | undefined> {
  if (first?.source === undefined) return undefined;
  const { place, where, offset, limit } = page;
  const [start] = place ?? [];
  if (place !== undefined && (start === undefined || Number.isNaN(start))) return undefined;
  const { source, value, ascending } = first;
  const direction = ascending ? sql`ASC` : sql`DESC`;
  const indexed = first.kind === 'metric' ? value : sql`left(${value}, 200)`;
  const conditions = [
    source.key,
    ...(first.kind === 'metric' ? [sql`${value} < 'NaN'::float8`] : []),
    ...(start === undefined ? [] : [from(first, start)]),
    where,
  ];
  const order = join([...(first.kind === 'metric' ? [] : [sql`${indexed} ${direction}`]), sql`${value} ${direction}`, orderBy(rest)]);
  const runs = await db.all(
    sql`SELECT ${runColumns} FROM ${source.table} JOIN run AS r ON r.no = ${source.alias}.run_no${joined(rest)}
        WHERE ${join(conditions, sql` AND `)} ORDER BY ${order} OFFSET ${offset} LIMIT ${limit}`,
    toRun,
  );
  return runs.length === limit ? runs : undefined;
}

/** So that the index is read from where the page begins: what stands before it is no more looked at. */
function from({ kind, value, ascending }: Term, start: string | number): Sql {
  const operator = ascending ? sql`>=` : sql`<=`;
  if (kind === 'metric') return sql`${value} ${operator} ${start}::float8`;
  return sql`left(${value}, 200) ${operator} left(${start}::text, 200)`;
}

function inGeneral(db: Queryable, terms: readonly Term[], { where, offset, limit }: Page): Promise<readonly Run[]> {
  return db.all(
    sql`SELECT ${runColumns} FROM run AS r${joined(terms)} WHERE ${where} ORDER BY ${orderBy(terms)} OFFSET ${offset} LIMIT ${limit}`,
    toRun,
  );
}
