import type { Sql } from '@mlab/kernel';
import type { Comparison, Filter } from '@mlab/mlflow';
import { filterSql, numberCondition, textCondition } from '@mlab/mlflow/sql';
import { sql } from '@mlab/sql';
import { datasetCondition } from './dataset-filter.ts';

/** Texts and numbers among the columns of `run AS r`. */
const TEXTS: Readonly<Record<string, Sql>> = {
  run_id: sql`r.id`,
  run_name: sql`r.name`,
  status: sql`r.status`,
  user_id: sql`r.user_id`,
  artifact_uri: sql`r.artifact_uri`,
};
const NUMBERS: Readonly<Record<string, Sql>> = { start_time: sql`r.start_ms`, end_time: sql`r.end_ms` };

/** The column of an attribute, for ordering by it. */
export function attributeColumn(key: string): Sql {
  const column = TEXTS[key] ?? NUMBERS[key];
  if (column === undefined) throw new Error(`Runs have no ${key}.`);
  return column;
}

/** Names of the metrics that a filter compares. */
export function metricsOf(filter: Filter | undefined): readonly string[] {
  if (filter === undefined) return [];
  if (filter.kind === 'compare') return filter.entity === 'metric' ? [filter.key] : [];
  return (filter.kind === 'not' ? [filter.part] : filter.parts).flatMap(metricsOf);
}

/** A filter of runs as a condition on `run AS r`. `keyIds` knows the metrics of the filter; one that is missing has never been logged. */
export function runCondition(filter: Filter, keyIds: ReadonlyMap<string, number>): Sql {
  return filterSql(filter, (comparison) => {
    const { entity, key, operator, value } = comparison;
    switch (entity) {
      case 'metric':
        return metricCondition(keyIds.get(key), comparison);
      case 'param':
      case 'tag':
        return labelCondition(comparison);
      case 'dataset':
        return datasetCondition(comparison);
      default: {
        const text = TEXTS[key];
        return text === undefined ? numberCondition(attributeColumn(key), operator, value) : textCondition(text, operator, value);
      }
    }
  });
}

/** So many characters of a value are in the index. */
const INDEXED = 200;

/** NaN is unlike every number: it matches `!=` and nothing else. To PostgreSQL it is greater than all others. */
function metricCondition(keyId: number | undefined, { operator, value }: Comparison): Sql {
  if (keyId === undefined) return sql`false`;
  const compares = numberCondition(sql`m.value`, operator, value);
  const finite = operator === '>' || operator === '>=' ? sql` AND m.value < 'NaN'::float8` : sql``;
  return sql`EXISTS (SELECT 1 FROM latest_metric AS m WHERE m.run_no = r.no AND m.key_id = ${keyId} AND ${compares}${finite})`;
}

function labelCondition({ entity, key, operator, value }: Comparison): Sql {
  const table = entity === 'param' ? sql`param` : sql`tag`;
  const has = sql`SELECT 1 FROM ${table} AS l WHERE l.run_no = r.no AND l.key = ${key}`;
  if (operator === 'IS NULL') return sql`NOT EXISTS (${has})`;
  if (operator === 'IS NOT NULL') return sql`EXISTS (${has})`;
  if (operator !== '=') return sql`EXISTS (${has} AND ${textCondition(sql`l.value`, operator, value)})`;
  // The index knows the beginning of each value, which of a short one is all of it.
  const text = value as string;
  const whole = text.length < INDEXED ? sql`` : sql` AND l.value = ${text}`;
  return sql`EXISTS (${has} AND left(l.value, 200) = left(${text}, 200)${whole})`;
}
