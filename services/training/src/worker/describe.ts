import { readTarget } from '@mlab/learning';
import type { DatasetDescription } from '#/data/dataset.ts';
import type { Described, DescribeOrder, DescribedTask } from './messages.ts';
import { openFile } from './open-file.ts';

const describedOf = ({ rows, compression, columns, notes }: DatasetDescription): Described => ({
  rows,
  compression,
  columns: columns.map((column) => ({ ...column, examples: [...column.examples] })),
  notes: [...notes],
});

/** The columns of a file, and the task that would be inferred for one of them. */
export async function describeFile({
  file,
  limits,
  target,
  types = [],
}: DescribeOrder): Promise<{ description: Described; task?: DescribedTask }> {
  await using dataset = await openFile({ ...file, types }, limits);
  const description = describedOf(dataset.description);
  if (target === undefined) return { description };
  const known = dataset.description.columns.some(({ name, kind }) => name === target && kind !== undefined);
  const { table } = await dataset.readTable(known ? [target] : []);
  const { task, reason } = readTarget(table, { column: target });
  return { description, task: { kind: task.kind, reason } };
}
