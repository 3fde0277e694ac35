import type { NodeCompiler } from '#/compile/node-compiler.ts';
import { product, reshaped, type NumberValue, type Value } from '#/compile/value.ts';

export const identity = (compiler: NodeCompiler): readonly Value[] => [compiler.input(0)];

/** The probabilities as they are: what the model wants to be a map for each row is a matrix here, with the classes at its columns. */
export function zipMap(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.rows(0);
  const { attributes } = compiler;
  const strings = attributes.strings('classlabels_strings');
  return [{ ...x, classes: strings.length > 0 ? strings : Array.from(attributes.ints('classlabels_int64s')) }];
}

/** The rows stay rows, and what they have is arranged anew. */
export function reshape(compiler: NodeCompiler): readonly Value[] {
  const value = compiler.input(0);
  const shape = compiler.node.inputs.length > 1 ? compiler.integers(1) : Array.from(compiler.attributes.ints('shape'));
  if (value.isConstant) return [fitted(compiler, value, shape)];
  const [first, ...rest] = shape;
  // 0 stands for the dimension of the input at the same place.
  const dims = rest.map((dim, index) => (dim === 0 ? (value.isTransposed ? -2 : (value.dims[index] ?? -2)) : dim));
  const keepsRows = first === -1 || (first === 0 && !value.isTransposed);
  if (!keepsRows || (first === -1 ? dims.some((dim) => dim < 0) : dims.some((dim) => dim < -1))) {
    throw compiler.unsupported(`the shape ${shape.join(' × ')} mixes rows`);
  }
  return [fitted(compiler, value, dims)];
}

/** With the one dimension that is not said (-1) in its place. */
function fitted(compiler: NodeCompiler, value: Value, dims: readonly number[]): Value {
  const others = product(dims.filter((dim) => dim !== -1));
  const known = dims.map((dim) => (dim === -1 ? value.width / others : dim));
  if (product(known) !== value.width || known.some((dim) => !Number.isInteger(dim) || dim < 1)) {
    throw compiler.unsupported(`rows of ${value.width} values do not fit into ${dims.join(' × ')}`);
  }
  return reshaped(value, known);
}

export function flatten(compiler: NodeCompiler): readonly Value[] {
  const value = compiler.rows(0);
  if ((compiler.attributes.int('axis') ?? 1) !== 1) throw compiler.unsupported('its axis is not 1');
  return [reshaped(value, [value.width])];
}

export function squeeze(compiler: NodeCompiler): readonly Value[] {
  const value = compiler.rows(0);
  const rank = value.dims.length + 1;
  const axes = axesOf(compiler, rank) ?? value.dims.flatMap((dim, index) => (dim === 1 ? [index + 1] : []));
  if (axes.some((axis) => value.dims[axis - 1] !== 1))
    throw compiler.unsupported('it removes a dimension that is not 1, or that of the rows');
  return [
    reshaped(
      value,
      value.dims.filter((_, index) => !axes.includes(index + 1)),
    ),
  ];
}

export function unsqueeze(compiler: NodeCompiler): readonly Value[] {
  const value = compiler.rows(0);
  const axes = axesOf(compiler, value.dims.length + 1 + axesCount(compiler)) ?? [];
  if (axes.includes(0)) throw compiler.unsupported('it puts a dimension before that of the rows');
  const dims = [...value.dims];
  for (const axis of axes.toSorted((a, b) => a - b)) dims.splice(axis - 1, 0, 1);
  return [reshaped(value, dims)];
}

const givenAxes = (compiler: NodeCompiler): ArrayLike<number> | undefined =>
  compiler.inputs[1] === undefined
    ? compiler.attributes.has('axes')
      ? compiler.attributes.ints('axes')
      : undefined
    : compiler.integers(1);

const axesCount = (compiler: NodeCompiler): number => givenAxes(compiler)?.length ?? 0;

/** Axes counted from the front, that of the rows being 0; they are an attribute in old versions and an input in new ones. */
export function axesOf(compiler: NodeCompiler, rank: number): readonly number[] | undefined {
  const axes = givenAxes(compiler);
  return axes === undefined ? undefined : Array.from(axes, (axis) => (axis < 0 ? axis + rank : axis));
}

/** An axis of one dimension behind that of the rows, counted from the front. */
export function axisOf(compiler: NodeCompiler, value: NumberValue | Value, fallback: number): number {
  const rank = value.dims.length + 1;
  const axis = compiler.attributes.int('axis') ?? fallback;
  const counted = axis < 0 ? axis + rank : axis;
  if (counted < 1 || counted >= rank) throw compiler.unsupported(`its axis is ${axis} of ${rank} dimensions`);
  return counted;
}
