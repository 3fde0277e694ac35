import type { NodeCompiler } from '#/compile/node-compiler.ts';
import type { NumberValue, Value } from '#/compile/value.ts';

/** Rows times a constant matrix. */
export function matMul(compiler: NodeCompiler): readonly Value[] {
  const x = rowsOfReals(compiler);
  const matrix = constantMatrix(compiler, x, 1);
  const [inner = 0, outer = 0] = matrix.dims;
  if (inner !== x.width) throw compiler.attributes.refusal(`a row has ${x.width} values, and the matrix ${inner}`);
  const out = compiler.newNumbers(x.kind, [outer]);
  multiply(compiler, x, transposed(matrix.data, inner, outer), out, new Float64Array(outer));
  return [out];
}

/** alpha · rows · matrix + beta · constants. */
export function gemm(compiler: NodeCompiler): readonly Value[] {
  const x = rowsOfReals(compiler);
  const { attributes } = compiler;
  const matrix = constantMatrix(compiler, x, 1);
  if ((attributes.int('transA') ?? 0) !== 0) throw compiler.unsupported('it transposes its rows');
  const isTransposed = (attributes.int('transB') ?? 0) !== 0;
  const [first = 0, second = 0] = matrix.dims;
  const [inner, outer] = isTransposed ? [second, first] : [first, second];
  if (inner !== x.width) throw compiler.attributes.refusal(`a row has ${x.width} values, and the matrix ${inner}`);
  const alpha = attributes.float('alpha') ?? 1;
  const weights = isTransposed ? Float64Array.from(matrix.data) : transposed(matrix.data, inner, outer);
  const out = compiler.newNumbers(x.kind, [outer]);
  multiply(
    compiler,
    x,
    weights.map((weight) => weight * alpha),
    out,
    addends(compiler, outer),
  );
  return [out];
}

function addends(compiler: NodeCompiler, outer: number): Float64Array {
  if (compiler.inputs[2] === undefined) return new Float64Array(outer);
  const { data, dims, width } = compiler.constant(2);
  const beta = compiler.attributes.float('beta') ?? 1;
  if ((width !== 1 && width !== outer) || dims.length > 2 || (dims.length === 2 && dims[0] !== 1)) {
    throw compiler.unsupported('what it adds is not the same for all rows');
  }
  return Float64Array.from({ length: outer }, (_, column) => (data[width === 1 ? 0 : column] ?? 0) * beta);
}

function rowsOfReals(compiler: NodeCompiler): NumberValue {
  const x = compiler.numbers(0);
  if (x.dims.length !== 1 || (x.kind !== 'float' && x.kind !== 'double')) {
    throw compiler.unsupported(`its input is of type ${x.kind} with ${x.dims.length + 1} dimensions`);
  }
  return x;
}

function constantMatrix(compiler: NodeCompiler, x: NumberValue, index: number): NumberValue {
  const matrix = compiler.constant(index);
  if (matrix.kind !== x.kind || matrix.dims.length !== 2) throw compiler.unsupported(`its input ${index} is no matrix of ${x.kind}`);
  return matrix;
}

function transposed(data: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column] ?? 0;
  }
  return result;
}

/** Sums in doubles and rounds once. */
function multiply(compiler: NodeCompiler, x: NumberValue, weights: Float64Array, out: NumberValue, added: Float64Array): void {
  const { data, width } = x;
  const outer = added.length;
  const into = out.data;
  const whole = outer - (outer % ABREAST);
  compiler.step((rows) => {
    for (let row = 0; row < rows; row++) {
      const start = row * width;
      for (let column = 0; column < whole; column += ABREAST) {
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        for (let inner = 0, weight = column * width; inner < width; inner++, weight++) {
          const value = data[start + inner] as number;
          a += value * (weights[weight] as number);
          b += value * (weights[weight + width] as number);
          c += value * (weights[weight + 2 * width] as number);
          d += value * (weights[weight + 3 * width] as number);
        }
        const at = row * outer + column;
        into[at] = a + (added[column] as number);
        into[at + 1] = b + (added[column + 1] as number);
        into[at + 2] = c + (added[column + 2] as number);
        into[at + 3] = d + (added[column + 3] as number);
      }
      for (let column = whole; column < outer; column++) {
        let sum = 0;
        for (let inner = 0, weight = column * width; inner < width; inner++, weight++) {
          sum += (data[start + inner] as number) * (weights[weight] as number);
        }
        into[row * outer + column] = sum + (added[column] as number);
      }
    }
  });
}

/** So many sums are made side by side, because each addition waits for the one before it. */
const ABREAST = 4;
