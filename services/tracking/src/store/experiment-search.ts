import type { Queryable, Sql } from '@mlab/kernel';
import type { Comparison, Filter, Order } from '@mlab/mlflow';
import { filterSql, numberCondition, textCondition } from '@mlab/mlflow/sql';
import { join, sql } from '@mlab/sql';
import type { Experiment, LifecycleStage } from '#/domain/experiment.ts';
import { experimentColumns, toExperiment } from './experiments.ts';

export interface ExperimentQuery {
  readonly filter: Filter | undefined;
  readonly order: readonly Order[];
  readonly stages: readonly LifecycleStage[];
  readonly offset: number;
  readonly limit: number;
}

const COLUMNS: Readonly<Record<string, Sql>> = {
  name: sql`e.name`,
  experiment_id: sql`e.id`,
  creation_time: sql`e.created_ms`,
  last_update_time: sql`e.updated_ms`,
};

export function searchExperiments(
  db: Queryable,
  { filter, order, stages, offset, limit }: ExperimentQuery,
): Promise<readonly Experiment[]> {
  const matches = filter === undefined ? sql`` : sql` AND ${filterSql(filter, condition)}`;
  const by = join(order.map(({ key, ascending }) => (ascending ? sql`${column(key)} ASC` : sql`${column(key)} DESC`)));
  return db.all(
    sql`SELECT ${experimentColumns} FROM experiment AS e WHERE e.lifecycle_stage = ANY(${stages}::text[]) AND NOT e.removing${matches}
        ORDER BY ${by} OFFSET ${offset} LIMIT ${limit}`,
    toExperiment,
  );
}

function column(key: string): Sql {
  const known = COLUMNS[key];
  if (known === undefined) throw new Error(`Experiments have no ${key}.`);
  return known;
}

function condition({ entity, key, operator, value }: Comparison): Sql {
  if (entity === 'tag') {
    const has = sql`SELECT 1 FROM experiment_tag AS t WHERE t.experiment_id = e.id AND t.key = ${key}`;
    if (operator === 'IS NULL') return sql`NOT EXISTS (${has})`;
    if (operator === 'IS NOT NULL') return sql`EXISTS (${has})`;
    return sql`EXISTS (${has} AND ${textCondition(sql`t.value`, operator, value)})`;
  }
  if (key === 'name') return textCondition(column(key), operator, value);
  if (key === 'experiment_id') return textCondition(sql`e.id::text`, operator, value);
  return numberCondition(column(key), operator, value);
}
