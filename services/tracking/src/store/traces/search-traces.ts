import type { Queryable, Sql } from '@mlab/kernel';
import { invalidParameter, type Order } from '@mlab/mlflow';
import { integer, isInvalidPattern, join, sql } from '@mlab/sql';
import type { Trace } from '#/domain/traces/trace.ts';
import { attributeColumn, traceCondition, type TraceFilter } from './trace-filter.ts';
import { toTrace, traceColumns } from './trace-rows.ts';

export interface TraceQuery {
  readonly experimentIds: readonly string[];
  readonly filter: TraceFilter | undefined;
  /** Ends with what decides between equals. */
  readonly order: readonly Order[];
  readonly offset: number;
  readonly limit: number;
}

export function searchTraces(db: Queryable, { experimentIds, filter, order, offset, limit }: TraceQuery): Promise<readonly Trace[]> {
  const by = join(order.flatMap(ordering));
  // What is said of traces is fetched for those of the page only.
  return db.all(
    sql`SELECT ${traceColumns} FROM (
          SELECT t.*, row_number() OVER () AS place FROM (SELECT t.* FROM trace AS t WHERE ${conditionOf(experimentIds, filter)} ORDER BY ${by} OFFSET ${offset} LIMIT ${limit}) AS t
        ) AS t ORDER BY t.place`,
    toTrace,
  );
}

/** What traces of these experiments fulfil that the filter finds. */
function conditionOf(experimentIds: readonly string[], filter: TraceFilter | undefined): Sql {
  // One experiment by itself, so that an index gives its traces in order.
  const scope =
    experimentIds.length === 1
      ? sql`t.experiment_id = ${experimentIds[0] as string}::bigint`
      : sql`t.experiment_id = ANY(${experimentIds}::bigint[])`;
  return filter === undefined ? scope : sql`${scope} AND ${traceCondition(filter, scope)}`;
}

/** What is missing stands last in either direction. */
function ordering({ entity, key, ascending }: Order): readonly Sql[] {
  const direction = ascending ? sql`ASC` : sql`DESC`;
  if (entity !== 'attribute') return [sql`${entity === 'tag' ? sql`t.tags` : sql`t.metadata`}->>${key} ${direction} NULLS LAST`];
  // Only an order that does not speak of what is missing is the order of an index.
  return [sql`${attributeColumn(key)} ${direction}${key === 'execution_time_ms' ? sql` NULLS LAST` : sql``}`];
}

export interface FilterCounts {
  readonly first: number;
  readonly second: number;
  readonly both: number;
  readonly total: number;
}

/** How many traces each of two filters finds among those that the base finds. */
export async function countFilters(
  db: Queryable,
  {
    experimentIds,
    base,
    first,
    second,
  }: { readonly experimentIds: readonly string[] } & Readonly<Record<'base' | 'first' | 'second', TraceFilter | undefined>>,
): Promise<FilterCounts> {
  const scope = conditionOf(experimentIds, undefined);
  const is = (filter: TraceFilter | undefined): Sql =>
    filter === undefined ? sql`true` : sql`coalesce(${traceCondition(filter, scope)}, false)`;
  const counts = await db.first(
    sql`SELECT count(*) AS total, count(*) FILTER (WHERE is_first) AS first, count(*) FILTER (WHERE is_second) AS second,
               count(*) FILTER (WHERE is_first AND is_second) AS both
        FROM (SELECT ${is(first)} AS is_first, ${is(second)} AS is_second FROM trace AS t WHERE ${conditionOf(experimentIds, base)}) AS found`,
    (row) => ({ first: integer(row['first']), second: integer(row['second']), both: integer(row['both']), total: integer(row['total']) }),
  );
  if (counts === undefined) throw new Error('A count has no row.');
  return counts;
}

/** Only PostgreSQL knows which regular expressions it reads; one that it does not read is its author's mistake. */
export async function refusingPatterns<T>(search: () => Promise<T>): Promise<T> {
  try {
    return await search();
  } catch (error) {
    if (!isInvalidPattern(error)) throw error;
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : 'it cannot be read';
    throw invalidParameter(`Invalid value in filter string: a regular expression behind RLIKE is none: ${reason}.`, { cause: error });
  }
}
