import type { NodeCompiler } from '#/compile/node-compiler.ts';
import { axisOf } from '#/compile/operators/shapes.ts';
import { product, type Elements, type NumberValue, type StringValue, type Value } from '#/compile/value.ts';

/** Columns of several values side by side. */
export function concat(compiler: NodeCompiler): readonly Value[] {
  const parts = compiler.inputs.map((_, index) => compiler.rows(index));
  const [first] = parts;
  if (first === undefined) throw compiler.unsupported('it has no inputs');
  const axis = axisOf(compiler, first, 1);
  if (axis !== first.dims.length) throw compiler.unsupported(`its axis ${axis} is not the last`);
  const outer = first.dims.slice(0, -1);
  for (const part of parts) {
    if (part.kind !== first.kind || part.dims.length !== first.dims.length || outer.some((dim, index) => part.dims[index] !== dim)) {
      throw compiler.unsupported('its inputs differ in type or in dimensions');
    }
  }
  const last = parts.reduce((sum, part) => sum + (part.dims.at(-1) ?? 0), 0);
  return [joined(compiler, parts, [...outer, last])];
}

/** Columns of several values of numbers side by side, as float. */
export function featureVectorizer(compiler: NodeCompiler): readonly Value[] {
  const parts = compiler.inputs.map((_, index) => compiler.numbers(index));
  if (parts.length === 0 || parts.some((part) => part.dims.length !== 1)) throw compiler.unsupported('its inputs are no matrices');
  const sizes = compiler.attributes.ints('inputdimensions');
  if (parts.some((part, index) => sizes[index] !== part.width))
    throw compiler.unsupported('its inputdimensions are not those of its inputs');
  const total = parts.reduce((sum, part) => sum + part.width, 0);
  const out = compiler.newNumbers('float', [total]);
  copyParts(compiler, parts, out, total);
  return [out];
}

function joined(compiler: NodeCompiler, parts: readonly Value[], dims: readonly number[]): Value {
  const outer = product(dims.slice(0, -1));
  const last = dims.at(-1) ?? 0;
  // A row of a value of three dimensions is rows of its last one, which are joined each.
  const flat = parts.map((part) => ({ ...part, width: part.dims.at(-1) ?? 0 }));
  const out = parts[0]?.kind === 'string' ? compiler.newStrings(dims) : compiler.newNumbers((parts[0] as NumberValue).kind, dims);
  copyParts(compiler, flat, out, last, outer);
  return out;
}

function copyParts(compiler: NodeCompiler, parts: readonly Value[], out: Value, total: number, outer = 1): void {
  let start = 0;
  for (const part of parts) {
    const offset = start;
    const { width } = part;
    start += width;
    const from: Elements = part.data;
    const into: Elements = out.data;
    compiler.step((rows) => {
      for (let row = 0, at = 0; row < rows * outer; row++) {
        for (let column = 0; column < width; column++, at++) into[row * total + offset + column] = from[at];
      }
    });
  }
}

/** Columns of each row by constant indices; or, of a constant list, the entry that each row has the index of. */
export function arrayFeatureExtractor(compiler: NodeCompiler): readonly Value[] {
  const list = compiler.input(0);
  if (list.isConstant) return [lookUp(compiler, list)];
  const x = compiler.rows(0);
  if (x.dims.length === 0) throw compiler.unsupported('it selects rows');
  const columns = compiler.integers(1);
  return [selected(compiler, x, columns, [...x.dims.slice(0, -1), columns.length])];
}

/** Gather along the columns, or of a constant list. */
export function gather(compiler: NodeCompiler): readonly Value[] {
  const x = compiler.input(0);
  if (x.isConstant) {
    const indices = compiler.rows(1);
    if ((compiler.attributes.int('axis') ?? 0) !== 0 || x.dims.length !== 1) throw compiler.unsupported('it gathers from more than a list');
    return [lookUp(compiler, x, indices.dims)];
  }
  const rows = compiler.rows(0);
  const indices = compiler.constant(1);
  if (axisOf(compiler, rows, 0) !== rows.dims.length) throw compiler.unsupported('its axis is not the last');
  const columns = compiler.integers(1).map((column) => (column < 0 ? column + (rows.dims.at(-1) ?? 0) : column));
  return [selected(compiler, rows, columns, [...rows.dims.slice(0, -1), ...indices.dims])];
}

function selected(compiler: NodeCompiler, x: Value, columns: readonly number[], dims: readonly number[]): Value {
  const last = x.dims.at(-1) ?? 0;
  if (columns.length === 0 || columns.some((column) => !(column >= 0 && column < last))) {
    throw compiler.attributes.refusal(`it selects columns that are not there`);
  }
  const out = x.kind === 'string' ? compiler.newStrings(dims) : compiler.newNumbers(x.kind, dims);
  const from: Elements = x.data;
  const into: Elements = out.data;
  const outer = x.width / last;
  compiler.step((rows) => {
    for (let row = 0, at = 0; row < rows * outer; row++) {
      for (let index = 0; index < columns.length; index++, at++) into[at] = from[row * last + (columns[index] as number)];
    }
  });
  return out;
}

/** Without `dims`, as ArrayFeatureExtractor does: the rows become the second dimension of [1, rows]. */
function lookUp(compiler: NodeCompiler, list: Value, dims?: readonly number[]): Value {
  const indices = compiler.numbers(1);
  if (dims === undefined && (indices.width !== 1 || list.dims.length !== 1))
    throw compiler.unsupported('it selects more than one entry a row');
  const isTransposed = dims === undefined;
  const out: NumberValue | StringValue =
    list.kind === 'string' ? compiler.newStrings(dims ?? [], isTransposed) : compiler.newNumbers(list.kind, dims ?? [], isTransposed);
  const from: Elements = list.data;
  const into: Elements = out.data;
  const { width } = indices;
  compiler.step((rows) => {
    for (let at = 0; at < rows * width; at++) {
      const entry = from[indices.data[at] as number];
      if (entry === undefined) throw compiler.attributes.refusal('it looks for an entry that is not there');
      into[at] = entry;
    }
  });
  return out;
}
