import type { NodeCompiler } from '#/compile/node-compiler.ts';
import type { Value } from '#/compile/value.ts';

/** A value of one label for each row, and a way to write the label of class `index` into it. */
export function labelWriter(
  compiler: NodeCompiler,
  classes: readonly string[] | readonly number[],
): [labels: Value, write: (row: number, index: number) => void] {
  if (typeof classes[0] === 'string') {
    const strings = compiler.newStrings([]);
    return [strings, (row, index) => (strings.data[row] = String(classes[index]))];
  }
  const numbers = compiler.newNumbers('int64', []);
  return [numbers, (row, index) => (numbers.data[row] = Number(classes[index]))];
}
