import { joined } from '#/model/joined.ts';
import type { Carried } from '#/scorer/ort-types.ts';

/** How many rows all tensors have: the first dimension, where that is the same of all. */
export function rowsOf(tensors: readonly Carried[]): number | undefined {
  const rows = tensors[0]?.dims[0];
  return tensors.every(({ dims }) => dims[0] === rows) ? rows : undefined;
}

/** Whether tensors for the same inputs may stand below each other: all but the number of rows is the same. */
export const fitTogether = (a: readonly Carried[], b: readonly Carried[]): boolean =>
  a.length === b.length &&
  a.every(({ dims }, index) => {
    const others = b[index]?.dims;
    return dims.length === others?.length && dims.slice(1).every((dim, axis) => dim === others[axis + 1]);
  });

/** The rows of several questions below each other. */
export function stack(questions: readonly (readonly Carried[])[]): readonly Carried[] {
  const [first = []] = questions;
  return first.map((tensor, index) => {
    const parts = questions.map((question) => question[index] as Carried);
    const rows = parts.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
    return { ...tensor, dims: [rows, ...tensor.dims.slice(1)], data: joined(parts.map(({ data }) => data)) };
  });
}

/** The other way round: the outputs of all rows as those of `counts` rows each; `undefined` where they are not one per row. */
export function unstack(outputs: readonly Carried[], counts: readonly number[]): readonly (readonly Carried[])[] | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (outputs.some(({ dims }) => dims[0] !== total)) return undefined;
  let start = 0;
  return counts.map((count) => {
    const from = start;
    start += count;
    return outputs.map((output) => {
      const width = output.data.length / total;
      return { ...output, dims: [count, ...output.dims.slice(1)], data: output.data.slice(from * width, (from + count) * width) };
    });
  });
}
