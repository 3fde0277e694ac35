import { AppError } from '@mlab/kernel/errors';
import { columnsByName, type Table, type TableColumn, type TextField } from '#/table.ts';
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

/** Whole numbers of so few values are taken for classes, where each is there this often on average. */
const FEW_VALUES = 20;
const ROWS_OF_EACH = 5;
const MAX_CLASSES = 100;

/** The target of a table: its task, its classes, and its values. A target that nothing can be learnt of is refused, with what it has. */
export function readTarget(table: Table, { column: name, task, maxClasses = MAX_CLASSES }: TargetOptions): Target {
  const column = columnsByName(table).get(name);
  if (column === undefined) throw new AppError('invalid', `The table has no column "${name}" to learn; it has ${listed(table)}.`);
  if (column.kind === 'time') throw new AppError('invalid', `The target "${name}" is a time; a model learns numbers or classes.`);
  const rows = rowsWith(column);
  const dropped = table.rows - rows.length;
  if (rows.length === 0) throw new AppError('invalid', `The target "${name}" has no value in any of the ${table.rows} rows.`);
  if (column.kind !== 'text') refuseInfinite(name, column.values, rows);
  const labels = labelsOf(column, rows);
  if (labels.distinct === 1) {
    throw new AppError(
      'invalid',
      `The target "${name}" is ${String(labels.classes[0])} in all ${rows.length} rows; there is nothing to learn.`,
    );
  }
  const decided = task === undefined ? infer(name, column, { rows: rows.length, labels }) : asked(name, column, { task, labels });
  if (decided.kind === 'regression') {
    const values = (column as Exclude<TableColumn, TextField>).values;
    return {
      task: { kind: 'regression' },
      rows,
      values: Float64Array.from(rows, (row) => values[row] as number),
      dropped,
      reason: decided.reason,
    };
  }
  if (labels.distinct > maxClasses) {
    throw new AppError(
      'invalid',
      `The target "${name}" has ${labels.distinct} classes, and at most ${maxClasses} are learnt: it looks like ${column.kind === 'text' ? 'an identifier or free text' : 'a number, for which the task is regression'}.`,
    );
  }
  return { task: { kind: decided.kind, classes: labels.classes }, rows, values: labels.indices, dropped, reason: decided.reason };
}

interface Labels {
  readonly classes: readonly string[] | readonly number[];
  readonly distinct: number;
  readonly indices: Float64Array;
}

interface Decided {
  readonly kind: 'binary' | 'multiclass' | 'regression';
  readonly reason: string;
}

const classKind = ({ distinct }: Labels): 'binary' | 'multiclass' => (distinct === 2 ? 'binary' : 'multiclass');

function infer(name: string, column: TableColumn, { rows, labels }: { rows: number; labels: Labels }): Decided {
  const { distinct, classes } = labels;
  if (column.kind !== 'number') {
    return { kind: classKind(labels), reason: `"${name}" is ${column.kind === 'text' ? 'text' : 'true or false'} of ${distinct} values.` };
  }
  const areWhole = typeof classes[0] === 'number';
  if (areWhole && distinct === 2) return { kind: 'binary', reason: `"${name}" is one of two whole numbers.` };
  if (areWhole && distinct <= FEW_VALUES && rows >= distinct * ROWS_OF_EACH) {
    return { kind: 'multiclass', reason: `"${name}" is one of ${distinct} whole numbers.` };
  }
  return { kind: 'regression', reason: `"${name}" is a number of ${distinct} different values.` };
}

function asked(name: string, column: TableColumn, { task, labels }: { task: Decided['kind']; labels: Labels }): Decided {
  if (task === 'regression') {
    if (column.kind === 'text') {
      throw new AppError(
        'invalid',
        `Regression needs a number, and the target "${name}" is text such as ${JSON.stringify(labels.classes[0])}.`,
      );
    }
    return { kind: task, reason: 'It was asked for.' };
  }
  if (task === 'binary' && labels.distinct !== 2) {
    throw new AppError('invalid', `A binary task needs two classes, and the target "${name}" has ${labels.distinct}.`);
  }
  if (task === 'multiclass' && labels.distinct === 2) return { kind: 'binary', reason: `"${name}" has two classes.` };
  return { kind: task, reason: 'It was asked for.' };
}

function rowsWith(column: TableColumn): Int32Array {
  const rows: number[] = [];
  if (column.kind === 'text') {
    // The empty word is no value, as it is to the model.
    const empty = column.words.indexOf('');
    column.codes.forEach((code, row) => code >= 0 && code !== empty && rows.push(row));
  } else column.values.forEach((value, row) => !Number.isNaN(value) && rows.push(row));
  return Int32Array.from(rows);
}

function refuseInfinite(name: string, values: Float64Array, rows: Int32Array): void {
  const row = rows.find((at) => !Number.isFinite(values[at]));
  if (row !== undefined) throw new AppError('invalid', `The target "${name}" is ${values[row]} in row ${row + 1}; it has to be finite.`);
}

/** Classes in order: words by their code units, numbers by size, false before true. Numbers that are not whole are words. */
function labelsOf(column: TableColumn, rows: Int32Array): Labels {
  if (column.kind === 'text') {
    const { codes, words } = column;
    const used = [...new Set(Array.from(rows, (row) => codes[row] as number))].toSorted((a, b) =>
      wordAt(words, a) < wordAt(words, b) ? -1 : 1,
    );
    const places = new Map(used.map((code, index) => [code, index]));
    return {
      classes: used.map((code) => wordAt(words, code)),
      distinct: used.length,
      indices: Float64Array.from(rows, (row) => places.get(codes[row] as number) as number),
    };
  }
  const { values } = column;
  const used = [...new Set(Array.from(rows, (row) => (values[row] as number) + 0))].toSorted((a, b) => a - b);
  const places = new Map(used.map((value, index) => [value, index]));
  return {
    classes:
      column.kind === 'boolean' ? used.map((value) => String(value === 1)) : used.every(Number.isSafeInteger) ? used : used.map(String),
    distinct: used.length,
    indices: Float64Array.from(rows, (row) => places.get(values[row] as number) as number),
  };
}

const wordAt = (words: readonly string[], code: number): string => words[code] as string;

function listed({ columns }: Table): string {
  const names = columns.slice(0, 10).map(({ name }) => `"${name.slice(0, 60)}"`);
  if (names.length === 0) return 'none';
  return columns.length > names.length ? `${names.join(', ')} and ${columns.length - names.length} more` : names.join(', ');
}
