import type { NodeCompiler, OperatorCompiler } from '#/compile/node-compiler.ts';
import { axesOf, axisOf } from '#/compile/operators/shapes.ts';
import type { NumberValue, Value } from '#/compile/value.ts';

/** The index of the greatest of a row; of equals the first. */
export function argMax(compiler: NodeCompiler): readonly Value[] {
  const x = matrix(compiler);
  if (axisOf(compiler, x, 0) !== 1) throw compiler.unsupported('its axis is not that of the columns');
  if ((compiler.attributes.int('select_last_index') ?? 0) !== 0) throw compiler.unsupported('it selects the last of equals');
  const out = compiler.newNumbers('int64', keepsDimension(compiler) ? [1] : []);
  const { data, width } = x;
  compiler.step((rows) => {
    for (let row = 0; row < rows; row++) {
      const start = row * width;
      let best = start;
      for (let at = start + 1; at < start + width; at++) if ((data[at] as number) > (data[best] as number)) best = at;
      out.data[row] = best - start;
    }
  });
  return [out];
}

const keepsDimension = (compiler: NodeCompiler): boolean => (compiler.attributes.int('keepdims') ?? 1) !== 0;

function matrix(compiler: NodeCompiler): NumberValue {
  const x = compiler.numbers(0);
  if (x.dims.length !== 1 || x.width === 0) throw compiler.unsupported(`its input has ${x.dims.length + 1} dimensions`);
  return x;
}

/** The sum or the mean of each row. */
export const reduction =
  (operator: 'sum' | 'mean'): OperatorCompiler =>
  (compiler) => {
    const x = matrix(compiler);
    const axes = axesOf(compiler, 2);
    if (axes?.length !== 1 || axes[0] !== 1) throw compiler.unsupported('its axis is not that of the columns');
    if (x.kind === 'bool' || (operator === 'mean' && x.kind !== 'float' && x.kind !== 'double')) {
      throw compiler.unsupported(`its input is of type ${x.kind}`);
    }
    const out = compiler.newNumbers(x.kind, keepsDimension(compiler) ? [1] : []);
    const { data, width } = x;
    const divisor = operator === 'mean' ? width : 1;
    compiler.step((rows) => {
      for (let row = 0, at = 0; row < rows; row++) {
        let sum = 0;
        for (let column = 0; column < width; column++, at++) sum += data[at] as number;
        out.data[row] = sum / divisor;
      }
    });
    return [out];
  };

/** Along the last dimension. Before version 13 all dimensions from the axis on were one, which is the same for matrices. */
export function softmax(compiler: NodeCompiler): readonly Value[] {
  const x = matrix(compiler);
  if (x.kind !== 'float' && x.kind !== 'double') throw compiler.unsupported(`its input is of type ${x.kind}`);
  if (axisOf(compiler, x, compiler.opset < 13 ? 1 : -1) !== 1) throw compiler.unsupported('its axis is not that of the columns');
  const out = compiler.newNumbers(x.kind, x.dims);
  const exponentials = new Float64Array(x.width);
  const { data, width } = x;
  compiler.step((rows) => {
    for (let row = 0; row < rows; row++) {
      const start = row * width;
      let max = Number.NEGATIVE_INFINITY;
      for (let column = 0; column < width; column++) max = Math.max(max, data[start + column] as number);
      let sum = 0;
      for (let column = 0; column < width; column++) {
        const exponential = Math.exp((data[start + column] as number) - max);
        exponentials[column] = exponential;
        sum += exponential;
      }
      for (let column = 0; column < width; column++) out.data[start + column] = (exponentials[column] as number) / sum;
    }
  });
  return [out];
}
