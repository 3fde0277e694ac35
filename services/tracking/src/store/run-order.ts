import type { Queryable, Sql } from '@mlab/kernel';
import type { Order } from '@mlab/mlflow';
import { identifier, join, nullable, number, sql, text } from '@mlab/sql';
import { attributeColumn } from './run-filter.ts';

/** One part of an order of runs. */
export interface Term {
  readonly kind: 'always' | 'label' | 'metric' | 'time';
  /** The table it comes from, if it is not a column of the run, and what of it: `tag AS o1` and `o1.key = …`. */
  readonly source: { readonly table: Sql; readonly alias: Sql; readonly key: Sql } | undefined;
  readonly value: Sql;
  readonly isText: boolean;
  readonly ascending: boolean;
}

/** Of a metric that nobody has logged. */
const NO_KEY = -1;
const MAX_TERMS = 128;
const ALIASES = Array.from({ length: MAX_TERMS }, (_, index) => identifier(`o${index}`));
const TIMES = new Set(['start_time', 'end_time']);

/** An order in terms of `run AS r`. */
export function termsOf(order: readonly Order[], keyIds: ReadonlyMap<string, number>): readonly Term[] {
  return order.map(({ entity, key, ascending }, index) => {
    if (entity === 'attribute') {
      // Only the end may be missing, and only an order that does not speak of what is missing is the order of an index.
      return {
        kind: key === 'end_time' ? 'time' : 'always',
        source: undefined,
        value: attributeColumn(key),
        isText: !TIMES.has(key),
        ascending,
      };
    }
    const alias = ALIASES[index];
    if (alias === undefined) throw new Error('An order has more parts than there are names for.');
    const value = sql`${alias}.value`;
    if (entity === 'metric') {
      const source = { table: sql`latest_metric AS ${alias}`, alias, key: sql`${alias}.key_id = ${keyIds.get(key) ?? NO_KEY}` };
      return { kind: 'metric', source, value, isText: false, ascending };
    }
    const table = entity === 'param' ? sql`param` : sql`tag`;
    const source = { table: sql`${table} AS ${alias}`, alias, key: sql`${alias}.key = ${key}` };
    return { kind: 'label', source, value, isText: true, ascending };
  });
}

export const joined = (terms: readonly Term[]): Sql =>
  join(
    terms.flatMap(({ source }) =>
      source === undefined ? [] : [sql` LEFT JOIN ${source.table} ON ${source.alias}.run_no = r.no AND ${source.key}`],
    ),
    sql``,
  );

/** What is missing stands last in either direction, and NaN before it. */
export const orderBy = (terms: readonly Term[]): Sql =>
  join(
    terms.flatMap(({ kind, value, ascending }) => {
      const direction = ascending ? sql`ASC` : sql`DESC`;
      if (kind === 'always') return [sql`${value} ${direction}`];
      const rank = sql`CASE WHEN ${value} IS NULL THEN 2 WHEN ${value} = 'NaN'::float8 THEN 1 ELSE 0 END`;
      return kind === 'metric' ? [rank, sql`${value} ${direction} NULLS LAST`] : [sql`${value} ${direction} NULLS LAST`];
    }),
  );

/** By what a run stands where it stands, term by term. */
export type Place = readonly (string | number | undefined)[];

/** Undefined when the run is gone for good. */
export function findPlace(db: Queryable, terms: readonly Term[], runId: string): Promise<Place | undefined> {
  const columns = join(terms.map(({ value }, index) => sql`${value} AS ${ALIASES[index] as Sql}`));
  return db.first(sql`SELECT ${columns} FROM run AS r${joined(terms)} WHERE r.id = ${runId}`, (row) =>
    terms.map(({ isText }, index) => nullable<string | number>(isText ? text : number, row[`o${index}`])),
  );
}

/** Whether a run stands behind a place. */
export function behind(terms: readonly Term[], place: Place): Sql {
  const condition = terms.reduceRight(
    (rest, term, index) => {
      const at = place[index];
      return sql`(${passes(term, at)} OR (${equals(term, at)} AND ${rest}))`;
    },
    sql`false`,
  );
  const [first] = terms;
  const [start] = place;
  if (first?.kind !== 'always' || start === undefined) return condition;
  // It follows from the rest, but only so is an index read from where the page begins.
  return sql`${first.value} ${first.ascending ? sql`>=` : sql`<=`} ${bound(first, start)} AND ${condition}`;
}

/** Whether its value comes behind another, by this term alone. */
function passes(term: Term, at: Place[number]): Sql {
  const { kind, value, ascending } = term;
  if (at === undefined) return sql`false`;
  if (Number.isNaN(at)) return sql`${value} IS NULL`;
  const further = ascending ? sql`${value} > ${bound(term, at)}` : sql`${value} < ${bound(term, at)}`;
  if (kind === 'always') return further;
  // To PostgreSQL NaN is greater than all other numbers.
  return kind === 'metric' && !ascending
    ? sql`(${further} OR ${value} = 'NaN'::float8 OR ${value} IS NULL)`
    : sql`(${further} OR ${value} IS NULL)`;
}

function equals(term: Term, at: Place[number]): Sql {
  return at === undefined ? sql`${term.value} IS NULL` : sql`${term.value} = ${bound(term, at)}`;
}

function bound({ isText, kind }: Term, at: string | number): Sql {
  return isText ? sql`${at}::text` : kind === 'metric' ? sql`${at}::float8` : sql`${at}::bigint`;
}
