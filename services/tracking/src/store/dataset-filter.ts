import type { Sql } from '@mlab/kernel';
import type { Comparison } from '@mlab/mlflow';
import { textCondition } from '@mlab/mlflow/sql';
import { sql } from '@mlab/sql';
import { DATASET_CONTEXT_TAG } from '#/domain/run-links.ts';

const COLUMNS: Readonly<Record<string, Sql>> = { name: sql`d.name`, digest: sql`d.digest` };

/** Whether a run, `run AS r`, has used such a dataset; its context is a tag of that use. */
export function datasetCondition({ key, operator, value }: Comparison): Sql {
  const uses = sql`SELECT 1 FROM run_dataset AS u JOIN dataset AS d ON d.no = u.dataset_no`;
  if (key === 'context') {
    return sql`EXISTS (${uses} JOIN run_dataset_tag AS t ON t.run_dataset_no = u.no AND t.key = ${DATASET_CONTEXT_TAG}
      WHERE u.run_no = r.no AND ${textCondition(sql`t.value`, operator, value)})`;
  }
  const column = COLUMNS[key];
  if (column === undefined) throw new Error(`Datasets have no ${key}.`);
  return sql`EXISTS (${uses} WHERE u.run_no = r.no AND ${textCondition(column, operator, value)})`;
}
