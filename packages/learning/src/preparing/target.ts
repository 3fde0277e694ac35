import type { Task, TaskKind } from '#/task.ts';

/** What is to be learnt, of the rows that have it. */
export interface Target {
  readonly task: Task;
  /** Rows of the table whose target is there, in their order. */
  readonly rows: Int32Array;
  /** Of each of `rows`: the index of its class, or its value. */
  readonly values: Float64Array;
  /** How many rows have no target. */
  readonly dropped: number;
  /** Why the task is this one. */
  readonly reason: string;
}

export interface TargetOptions {
  readonly column: string;
  /** Absent: by the values. */
  readonly task?: Extract<TaskKind, 'binary' | 'multiclass' | 'regression'> | undefined;
  /** More classes than this are refused. */
  readonly maxClasses?: number | undefined;
}
