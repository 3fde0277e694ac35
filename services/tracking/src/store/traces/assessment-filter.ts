import type { Sql } from '@mlab/kernel';
import type { Comparison, TraceOperator } from '@mlab/mlflow';
import { numberCondition, textCondition } from '@mlab/mlflow/sql';
import { sql } from '@mlab/sql';
import { METADATA } from '#/domain/traces/trace.ts';

/** A condition on what is said of `trace AS t`, or of the session that it belongs to: what is said of a session is written on one of its traces. */
export function assessmentCondition({ entity, key, operator, value }: Comparison<TraceOperator>, scope: Sql): Sql {
  const isSo = operator === 'IS NULL' || operator === 'IS NOT NULL' ? sql`true` : valueCondition(operator, value);
  const said = sql`a.kind = ${entity} AND a.name = ${key} AND a.valid AND ${isSo}`;
  const traces = sql`(
    SELECT a.trace_no FROM assessment AS a WHERE ${said}
    UNION ALL SELECT t.no FROM trace AS t WHERE ${scope} AND t.metadata ? 'mlflow.trace.session' AND t.metadata->>'mlflow.trace.session' IN (
      SELECT t.metadata->>'mlflow.trace.session' FROM assessment AS a JOIN trace AS t ON t.no = a.trace_no
      WHERE ${scope} AND ${said} AND a.metadata ? ${METADATA.session}))`;
  return operator === 'IS NULL' ? sql`t.no NOT IN ${traces}` : sql`t.no IN ${traces}`;
}

export const issueCondition = (id: string): Sql =>
  sql`t.no IN (SELECT a.trace_no FROM assessment AS a WHERE a.kind = 'issue' AND a.name = ${id})`;

/** The text of a value that is one, else its JSON. */
const TEXT = sql`(a.value #>> '{}')`;

function valueCondition(operator: TraceOperator, value: Comparison['value']): Sql {
  switch (operator) {
    case '>':
    case '>=':
    case '<':
    case '<=':
      return sql`(CASE WHEN jsonb_typeof(a.value) = 'number' THEN ${numberCondition(sql`(a.value)::float8`, operator, value)} ELSE false END)`;
    case '=':
      return isEqual(value as string);
    case '!=':
      return sql`NOT ${isEqual(value as string)}`;
    case 'RLIKE':
      return sql`(${TEXT} ~ ${value as string} OR a.value::text ~ ${value as string})`;
    default:
      return sql`(${textCondition(TEXT, operator, value)} OR ${textCondition(sql`a.value::text`, operator, value)})`;
  }
}

/** MLflow compares JSON as text, where 5 is `5.0` if the client has a float for it; here both are equal to it. */
function isEqual(value: string): Sql {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  const asNumber = Number.isFinite(number)
    ? sql` OR (CASE WHEN jsonb_typeof(a.value) = 'number' THEN (a.value)::float8 = ${number}::float8 ELSE false END)`
    : sql``;
  return sql`(coalesce(${TEXT} = ${value}, false) OR a.value::text = ${value}${asNumber})`;
}
