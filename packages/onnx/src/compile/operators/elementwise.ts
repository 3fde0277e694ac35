import type { Attributes } from '#/model/attributes.ts';
import { broadcast, type Operand } from '#/compile/broadcast.ts';
import type { NodeCompiler, OperatorCompiler } from '#/compile/node-compiler.ts';
import type { Elements, NumberKind, Value } from '#/compile/value.ts';

type Binary = (a: number, b: number) => number;

const isReal = (kind: string): boolean => kind === 'float' || kind === 'double';

/** Of floats or doubles; what is computed is rounded to the type where it is stored, which is how float32 arithmetic rounds. */
export const arithmetic =
  (compute: Binary): OperatorCompiler =>
  (compiler) =>
    fold(compiler, compute, isReal);

/** Of two values of any one type of numbers. */
export const comparison =
  (compute: (a: number, b: number) => boolean): OperatorCompiler =>
  (compiler) =>
    fold(
      compiler,
      (a, b) => Number(compute(a, b)),
      (kind) => kind !== 'string',
      'bool',
    );

export const logical =
  (compute: Binary): OperatorCompiler =>
  (compiler) =>
    fold(compiler, compute, (kind) => kind === 'bool');

function fold(compiler: NodeCompiler, compute: Binary, allows: (kind: string) => boolean, result?: NumberKind): readonly Value[] {
  const { dims, width, isTransposed, operands } = broadcast(
    compiler,
    compiler.inputs.map((_, index) => compiler.input(index)),
  );
  const [first, ...others] = operands;
  const kind = first?.value.kind;
  if (first === undefined || kind === undefined || kind === 'string' || !allows(kind) || others.some(({ value }) => value.kind !== kind)) {
    throw compiler.unsupported(`its inputs are of type ${operands.map(({ value }) => value.kind).join(' and ')}`);
  }
  const out = compiler.newNumbers(result ?? kind, dims, isTransposed);
  const [second] = others;
  // A single operand of Sum is the sum; of more than two all but the first are added one after another.
  if (second === undefined) return [first.value];
  const into = out.data;
  pairwise(compiler, first, second, width, into, compute);
  for (const next of others.slice(1)) {
    pairwise(
      compiler,
      { value: out, places: Int32Array.from({ length: width }, (_, at) => at), stride: width },
      next,
      width,
      into,
      compute,
    );
  }
  return [out];
}

function pairwise(compiler: NodeCompiler, a: Operand, b: Operand, width: number, into: { [index: number]: number }, compute: Binary): void {
  const left = a.value.data as ArrayLike<number>;
  const right = b.value.data as ArrayLike<number>;
  compiler.step((rows) => {
    for (let row = 0, at = 0; row < rows; row++) {
      for (let element = 0; element < width; element++, at++) {
        into[at] = compute(
          left[row * a.stride + (a.places[element] as number)] as number,
          right[row * b.stride + (b.places[element] as number)] as number,
        );
      }
    }
  });
}

/** A where the condition holds, else B. */
export function where(compiler: NodeCompiler): readonly Value[] {
  const { dims, width, isTransposed, operands } = broadcast(compiler, [compiler.input(0), compiler.input(1), compiler.input(2)]);
  const [condition, a, b] = operands as [Operand, Operand, Operand];
  if (condition.value.kind !== 'bool' || a.value.kind !== b.value.kind) throw compiler.unsupported('its inputs differ in type');
  const { kind } = a.value;
  const out = kind === 'string' ? compiler.newStrings(dims, isTransposed) : compiler.newNumbers(kind, dims, isTransposed);
  const into: Elements = out.data;
  compiler.step((rows) => {
    for (let row = 0, at = 0; row < rows; row++) {
      for (let element = 0; element < width; element++, at++) {
        const { value, places, stride } = condition.value.data[row * condition.stride + (condition.places[element] ?? 0)] === 0 ? b : a;
        into[at] = (value.data as Elements)[row * stride + (places[element] ?? 0)];
      }
    }
  });
  return [out];
}

/** Of floats or doubles, one by one; `make` looks at the attributes. */
export const unary =
  (make: (attributes: Attributes) => (a: number) => number): OperatorCompiler =>
  (compiler) =>
    each(compiler, make(compiler.attributes), isReal);

export const not: OperatorCompiler = (compiler) =>
  each(
    compiler,
    (a) => 1 - a,
    (kind) => kind === 'bool',
  );

export const isNaN: OperatorCompiler = (compiler) => each(compiler, (a) => Number(Number.isNaN(a)), isReal, 'bool');

function each(
  compiler: NodeCompiler,
  compute: (a: number) => number,
  allows: (kind: string) => boolean,
  result?: NumberKind,
): readonly Value[] {
  const x = compiler.input(0);
  if (x.kind === 'string' || x.isConstant || !allows(x.kind)) throw compiler.unsupported(`its input is of type ${x.kind}`);
  const out = compiler.newNumbers(result ?? x.kind, x.dims, x.isTransposed);
  const { data, width } = x;
  compiler.step((rows) => {
    for (let at = 0; at < rows * width; at++) out.data[at] = compute(data[at] as number);
  });
  return [out];
}
