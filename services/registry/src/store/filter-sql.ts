import type { Sql } from '@mlab/kernel';
import type { Comparison, Filter, Operator } from '@mlab/mlflow';
import { join, sql } from '@mlab/sql';

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
      return sql`(NOT (${filterSql(filter.part, condition)}))`;
    case 'compare':
      return condition(filter);
  }
}

/** Of a column that is never NULL. `%` is any text, `_` any character, and no character takes these meanings away. */
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

/** Of an integer column. A number that no bigint holds is compared as what it is. */
export function integerCondition(column: Sql, operator: Operator, value: number): Sql {
  const bound = Number.isSafeInteger(value) ? sql`${value}::bigint` : sql`${value}::float8`;
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

/** Of a tag's value: its beginning is what the index has. */
export function tagCondition(operator: Operator, value: Comparison['value']): Sql {
  const whole = textCondition(sql`t.value`, operator, value);
  return operator === '=' ? sql`left(t.value, 64) = left(${value as string}, 64) AND ${whole}` : whole;
}
