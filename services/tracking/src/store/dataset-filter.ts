import type { Sql } from '@mlab/kernel';
import type { Comparison } from '@mlab/mlflow';
import { sql } from '@mlab/sql';
import { textCondition } from './filter-sql.ts';

const COLUMNS: Readonly<Record<string, Sql>> = { name: sql`d.name`, digest: sql`d.digest` };

/** Whether a run has used such a dataset; its context is a tag of that use. */
export function datasetCondition({ key, operator, value }: Comparison): Sql {
  const column = COLUMNS[key];
  if (column === undefined) throw new Error(`Datasets have no ${key}.`);
  return sql`EXISTS (SELECT 1 FROM dataset AS d WHERE ${textCondition(column, operator, value)})`;
}
