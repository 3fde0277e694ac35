import { AppError } from '@mlab/kernel/errors';
import { columnsByName, type PreparingInput, type Table, type TableColumn, type Task } from '@mlab/learning';
import { openScorer, type Column, type Outputs } from '@mlab/onnx';
import type { WrittenModel } from './write-onnx.ts';

const TOLERANCE = 1e-6;
const AT_ONCE = 10_000;

/** The values of a column as a model is asked with them. */
function columnFor(column: TableColumn, { type }: PreparingInput, from: number, to: number): Column {
  if (column.kind === 'text') {
    const { codes, words } = column;
    return Array.from(codes.subarray(from, to), (code) => words[code] ?? '');
  }
  const values = column.values.subarray(from, to);
  return type === 'double' ? Float64Array.from(values) : Float32Array.from(values);
}

export function columnsFor(table: Table, inputs: readonly PreparingInput[], from: number, to: number): Readonly<Record<string, Column>> {
  const byName = columnsByName(table);
  return Object.fromEntries(inputs.map((input) => [input.name, columnFor(byName.get(input.name) as TableColumn, input, from, to)]));
}

interface Checked {
  readonly model: WrittenModel;
  readonly inputs: readonly PreparingInput[];
  readonly task: Task;
  readonly table: Table;
  /** What the trainer says of the rows of the table. */
  readonly predictions: Float64Array;
}

/** Holds what the file says of every row to what the trainer says; throws where they differ. Answers the greatest difference. */
export async function selfCheck({
  model,
  inputs,
  task,
  table,
  predictions,
}: Checked): Promise<{ readonly greatest: number; readonly backend: string }> {
  await using scorer = await openScorer(model.bytes);
  const width = predictions.length / Math.max(1, table.rows);
  let greatest = 0;
  for (let from = 0; from < table.rows; from += AT_ONCE) {
    const to = Math.min(table.rows, from + AT_ONCE);
    const outputs = await scorer.score(columnsFor(table, inputs, from, to));
    const said = answersOf(outputs, model.outputs);
    for (let at = 0; at < (to - from) * width; at++) {
      const expected = predictions[from * width + at] as number;
      const got = Number(said[at]);
      const difference = Math.abs(got - expected) / Math.max(1, Math.abs(expected));
      if (!(difference <= TOLERANCE)) {
        const row = from + Math.floor(at / width);
        const what = 'classes' in task ? `the probability of ${String(task.classes[at % width])}` : 'the value';
        throw new AppError(
          'conflict',
          `The ONNX file does not say what the trainer says: of row ${row + 1} of the test rows ${what} is ${got}, and ${expected} was expected.`,
        );
      }
      greatest = Math.max(greatest, difference);
    }
  }
  return { greatest, backend: scorer.backend };
}

function answersOf(outputs: Outputs, { probabilities, value, label }: WrittenModel['outputs']): ArrayLike<unknown> {
  const name = probabilities ?? value ?? label;
  const output = name === undefined ? undefined : outputs[name];
  if (output === undefined) throw new AppError('conflict', 'The ONNX file answers nothing.');
  return output.data;
}
