import type { Sql } from '@mlab/kernel';
import type { Comparison, Operator } from '@mlab/mlflow';
import { orderCondition, textCondition } from '@mlab/mlflow/sql';
import { sql } from '@mlab/sql';

/** Of an integer column. A number that no bigint holds is compared as what it is. */
export const integerCondition = (column: Sql, operator: Operator, value: number): Sql =>
  orderCondition(column, operator, Number.isSafeInteger(value) ? sql`${value}::bigint` : sql`${value}::float8`);

/** Of a tag's value: its beginning is what the index has. */
export function tagCondition(operator: Operator, value: Comparison['value']): Sql {
  const whole = textCondition(sql`t.value`, operator, value);
  return operator === '=' ? sql`left(t.value, 64) = left(${value as string}, 64) AND ${whole}` : whole;
}
