import type { NodeCompiler } from '#/compile/node-compiler.ts';
import { elementTypeOf } from '#/model/element-type.ts';
import { isKind, type Kind, type NumberKind, type Value } from '#/compile/value.ts';

const SMALLEST_INT64 = -(2 ** 63);
const SMALLEST_INT32 = -(2 ** 31);

export function cast(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.input(0);
  const to = elementTypeOf(compiler.attributes.int('to') ?? 0);
  if (!isKind(to)) throw compiler.unsupported(`it makes ${to}`);
  if (x.kind === to) return [x];
  if (x.isConstant || x.kind === 'string') throw compiler.unsupported(`it makes ${to} of ${x.isConstant ? 'a constant' : x.kind}`);
  const { data, width } = x;
  if (to === 'string') {
    const write = textOf(compiler, x.kind);
    const strings = compiler.newStrings(x.dims, x.isTransposed);
    compiler.step((rows) => {
      for (let at = 0; at < rows * width; at++) strings.data[at] = write(data[at] as number);
    });
    return [strings];
  }
  const convert = conversion(x.kind, to);
  const out = compiler.newNumbers(to, x.dims, x.isTransposed);
  compiler.step((rows) => {
    for (let at = 0; at < rows * width; at++) out.data[at] = convert(data[at] as number);
  });
  return [out];
}

/** As C++ on x86 converts, which is what ONNX Runtime does; NaN and what is out of range become the smallest integer. */
function conversion(from: NumberKind, to: Exclude<Kind, 'string'>): (value: number) => number {
  const fromReal = from === 'float' || from === 'double';
  if (to === 'bool') return (value) => (value === 0 ? 0 : 1);
  if (to === 'int64' && fromReal) return (value) => (Math.abs(value) < 2 ** 63 ? Math.trunc(value) + 0 : SMALLEST_INT64);
  if (to === 'int32' && fromReal) {
    return (value) => {
      const integer = Math.trunc(value);
      return integer >= SMALLEST_INT32 && integer < 2 ** 31 ? integer : SMALLEST_INT32;
    };
  }
  // Float32Array rounds, Int32Array takes the low 32 bits.
  return (value) => value;
}

function textOf(compiler: NodeCompiler, from: NumberKind): (value: number) => string {
  if (from === 'int64' || from === 'int32') return (value) => String(value === 0 ? 0 : value);
  if (from === 'float' || from === 'double') return (value) => realText(value, 8);
  throw compiler.unsupported(`it makes strings of ${from}`);
}

/** C's `%.8g`. */
function realText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF';
  const [mantissa = '', exponent] = value.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (power < -4 || power >= digits) {
    const sign = power < 0 ? '-' : '+';
    return `${withoutTrailingZeros(mantissa)}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const text = withoutTrailingZeros(value.toFixed(Math.max(0, digits - 1 - power)));
  return Object.is(value, -0) ? `-${text}` : text;
}

const withoutTrailingZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
