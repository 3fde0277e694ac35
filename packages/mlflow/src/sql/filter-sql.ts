import type { Sql } from '@mlab/kernel';
import { join, sql } from '@mlab/sql';
import type { Comparison, Filter, Operator } from '#/search/filter.ts';

/** A condition for one comparison; which column or which other table it looks at is up to who gives this. */
export type Condition = (comparison: Comparison) => Sql;

const AND = sql` AND `;
const OR = sql` OR `;

/** A filter as a condition of SQL. All values are bound. */
export function filterSql(filter: Filter, condition: Condition): Sql {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts = filter.parts.map((part) => filterSql(part, condition));
      return sql`(${join(parts, filter.kind === 'and' ? AND : OR)})`;
    }
    case 'not':
      // A comparison with nothing is unknown to SQL, and here it is false.
      return sql`((${filterSql(filter.part, condition)}) IS NOT TRUE)`;
    case 'compare':
      return condition(filter);
  }
}

/** `%` is any text, `_` any character, and no character takes these meanings away: as in MLflow's databases. */
export function textCondition(column: Sql, operator: Operator, value: Comparison['value']): Sql {
  switch (operator) {
    case '=':
      return sql`${column} = ${value as string}`;
    case '!=':
      return sql`${column} <> ${value as string}`;
    case 'LIKE':
      return sql`${column} LIKE ${value as string} ESCAPE ''`;
    case 'ILIKE':
      return sql`${column} ILIKE ${value as string} ESCAPE ''`;
    case 'IN':
      return sql`${column} = ANY(${value as readonly string[]}::text[])`;
    case 'NOT IN':
      return sql`${column} <> ALL(${value as readonly string[]}::text[])`;
    default:
      throw new Error(`${operator} does not compare texts.`);
  }
}

/** Compares numbers as doubles. */
export const numberCondition = (column: Sql, operator: Operator, value: Comparison['value']): Sql =>
  orderCondition(column, operator, sql`${value as number}::float8`);

/** Compares with a value that is bound as what the column is. */
export function orderCondition(column: Sql, operator: Operator, bound: Sql): Sql {
  switch (operator) {
    case '=':
      return sql`${column} = ${bound}`;
    case '!=':
      return sql`${column} <> ${bound}`;
    case '>':
      return sql`${column} > ${bound}`;
    case '>=':
      return sql`${column} >= ${bound}`;
    case '<':
      return sql`${column} < ${bound}`;
    case '<=':
      return sql`${column} <= ${bound}`;
    default:
      throw new Error(`${operator} does not compare numbers.`);
  }
}
