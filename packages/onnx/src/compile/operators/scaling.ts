import type { NodeCompiler } from '#/compile/node-compiler.ts';
import type { NumberValue, Value } from '#/compile/value.ts';
import { AppError } from '@mlab/kernel/errors';

/** (x − offset) · scale, in float32 except where x is a double. */
export function scaler(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.numbers(0);
  const out = compiler.newNumbers('float', x.dims);
  const offsets = perColumn(compiler, x, 'offset');
  const scales = perColumn(compiler, x, 'scale');
  const round = x.kind === 'double' ? (value: number): number => value : Math.fround;
  const { width, data } = x;
  compiler.step((rows) => {
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < width; column++, at++) {
        out.data[at] = round(round(data[at] ?? 0) - (offsets[column] ?? 0)) * (scales[column] ?? 0);
      }
    }
  });
  return [out];
}

/** Of Scaler and Imputer: one value for each column, or one for all. */
function perColumn(compiler: NodeCompiler, { dims, width }: NumberValue, name: string): Float32Array {
  const values = compiler.attributes.floats(name);
  const columns = columnsOf(compiler, dims);
  if (values.length !== 1 && values.length !== columns) {
    throw compiler.attributes.refusal(`its ${name} has ${values.length} values for ${columns} columns`);
  }
  return Float32Array.from({ length: width }, (_, column) => values[values.length === 1 ? 0 : column] ?? 0);
}

const columnsOf = (compiler: NodeCompiler, dims: readonly number[]): number => {
  // Along [rows] onnx means the rows themselves by columns.
  if (dims.length !== 1) throw compiler.unsupported(`its input has ${dims.length + 1} dimensions`);
  return dims[0] ?? 0;
};

/** Puts another value in the place of one, which mostly is NaN. */
export function imputer(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.numbers(0);
  if (x.kind !== 'float' && x.kind !== 'int64') throw compiler.unsupported(`its input is of type ${x.kind}`);
  const ofFloats = x.kind === 'float';
  const replaced = ofFloats ? compiler.attributes.float('replaced_value_float') : compiler.attributes.int('replaced_value_int64');
  const values = ofFloats ? compiler.attributes.floats('imputed_value_floats') : compiler.attributes.ints('imputed_value_int64s');
  if (replaced === undefined || values.length === 0) throw compiler.unsupported('it does not say what is replaced, or by what');
  const columns = columnsOf(compiler, x.dims);
  const imputed = Float64Array.from({ length: columns }, (_, column) => values[values.length === columns ? column : 0] ?? 0);
  const out = compiler.newNumbers(x.kind, x.dims);
  const replacesNaN = Number.isNaN(replaced);
  const { data } = x;
  compiler.step((rows) => {
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at++) {
        const value = data[at] ?? 0;
        out.data[at] = (replacesNaN ? Number.isNaN(value) : value === replaced) ? (imputed[column] ?? 0) : value;
      }
    }
  });
  return [out];
}

/** 1 for what is greater than the threshold, 0 for all else; ONNX Runtime refuses NaN, and so does this. */
export function binarizer(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.numbers(0);
  if (x.kind !== 'float') throw compiler.unsupported(`its input is of type ${x.kind}`);
  const threshold = compiler.attributes.float('threshold') ?? 0;
  const out = compiler.newNumbers('float', x.dims);
  const { width, data } = x;
  compiler.step((rows) => {
    for (let at = 0; at < rows * width; at++) {
      const value = data[at] ?? 0;
      if (Number.isNaN(value)) throw new AppError('invalid', 'A value that the model makes 0 or 1 (Binarizer) is not a number.');
      out.data[at] = value > threshold ? 1 : 0;
    }
  });
  return [out];
}

/** Divides the values of a row by their maximum, the sum of their amounts, or their length. */
export function normalizer(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.numbers(0);
  const norm = compiler.attributes.string('norm') ?? 'MAX';
  const columns = columnsOf(compiler, x.dims);
  const out = compiler.newNumbers('float', x.dims);
  const { data } = x;
  const normOf = NORMS.get(norm);
  if (normOf === undefined) throw compiler.attributes.refusal(`its norm is ${norm}`);
  compiler.step((rows) => {
    for (let row = 0; row < rows; row++) {
      const start = row * columns;
      const divisor = normOf(data, start, start + columns);
      for (let at = start; at < start + columns; at++) {
        const value = Math.fround(data[at] ?? 0);
        out.data[at] = divisor === 0 ? value : norm === 'L2' ? signedRoot(value, divisor) : value / divisor;
      }
    }
  });
  return [out];
}

type Norm = (data: ArrayLike<number>, start: number, end: number) => number;

const maximum: Norm = (data, start, end) => {
  let max = -3.4028234663852886e38;
  for (let at = start; at < end; at++) if (max < (data[at] ?? 0)) max = Math.fround(data[at] ?? 0);
  return max;
};

const sumOfAmounts: Norm = (data, start, end) => {
  let sum = 0;
  for (let at = start; at < end; at++) sum = Math.fround(sum + Math.abs(Math.fround(data[at] ?? 0)));
  return sum;
};

const sumOfSquares: Norm = (data, start, end) => {
  let sum = 0;
  for (let at = start; at < end; at++) sum = Math.fround(sum + Math.fround((data[at] ?? 0) ** 2));
  return sum;
};

const NORMS: ReadonlyMap<string, Norm> = new Map([
  ['MAX', maximum],
  ['L1', sumOfAmounts],
  ['L2', sumOfSquares],
]);

function signedRoot(value: number, squares: number): number {
  const root = Math.sqrt(Math.fround(Math.fround(value * value) / squares));
  return value < 0 ? -root : root;
}
