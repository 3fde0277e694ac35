import { AppError } from '@mlab/kernel/errors';
import type { Task } from '#/task.ts';

export interface SplitTarget {
  readonly task: Task;
  /** Of each row of the table: the index of its class, or its value. */
  readonly values: ArrayLike<number>;
}

/** Refuses parts of no rows, training rows that lack a class, and test rows of a single one of two classes. */
export function checkParts(parts: Readonly<Record<string, Int32Array | undefined>>, { task, values }: SplitTarget, hint = ''): void {
  for (const [name, rows] of Object.entries(parts)) {
    if (rows?.length === 0)
      throw new AppError('invalid', `There are no ${name} rows: the table has too few of them for this split.${hint}`);
  }
  if (task.kind !== 'binary' && task.kind !== 'multiclass') return;
  for (const [name, rows] of Object.entries(parts)) {
    if (rows === undefined || (name !== 'training' && task.kind !== 'binary')) continue;
    const seen = new Set(Array.from(rows, (row) => values[row] as number));
    const absent = task.classes.findIndex((_, index) => !seen.has(index));
    if (absent >= 0) {
      throw new AppError('invalid', `The ${name} rows would have none of the class ${JSON.stringify(task.classes[absent])}.${hint}`);
    }
  }
}
