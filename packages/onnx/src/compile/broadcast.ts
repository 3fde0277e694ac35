import type { NodeCompiler } from '#/compile/node-compiler.ts';
import { product, type Value } from '#/compile/value.ts';

/** Where an operand's elements stand for each element of a row of the result. */
export interface Operand {
  readonly value: Value;
  readonly places: Int32Array;
  /** From row to row; 0 for a constant. */
  readonly stride: number;
}

export interface Broadcast {
  readonly dims: readonly number[];
  readonly width: number;
  readonly isTransposed: boolean;
  readonly operands: readonly Operand[];
}

const MAX_WIDTH = 2 ** 20;

/** Operands of an operator that works element by element: dimensions of 1 stretch to those of the others, as in NumPy. */
export function broadcast(compiler: NodeCompiler, values: readonly Value[]): Broadcast {
  const withRows = values.filter((value) => !value.isConstant);
  const [first] = withRows;
  if (first === undefined) throw compiler.unsupported('it has nothing but constants');
  const { isTransposed } = first;
  // Dimensions are matched from the last one on, so that with different ranks rows would meet columns.
  if (withRows.some((value) => value.isTransposed !== isTransposed || value.dims.length !== first.dims.length)) {
    throw compiler.unsupported('its inputs have different numbers of dimensions');
  }
  const rank = first.dims.length;
  const aligned = values.map((value) => (value.isConstant ? alignConstant(compiler, value, isTransposed ? 0 : rank) : value.dims));
  const dims = Array.from({ length: rank }, (_, axis) => Math.max(...aligned.map((own) => own[axis] ?? 1)));
  if (aligned.some((own) => own.some((dim, axis) => dim !== 1 && dim !== dims[axis]))) {
    throw compiler.unsupported('the dimensions of its inputs do not fit together');
  }
  if (product(dims) > MAX_WIDTH) throw compiler.unsupported(`its rows have more than ${MAX_WIDTH} values`);
  const operands = values.map((value, index) => ({
    value,
    places: placesOf(aligned[index] ?? [], dims),
    stride: value.isConstant ? 0 : value.width,
  }));
  return { dims, width: product(dims), isTransposed, operands };
}

/** A constant's dimensions behind that of the rows, where it has to be 1 or not to be. */
function alignConstant(compiler: NodeCompiler, { dims, width }: Value, rank: number): readonly number[] {
  if (width === 1 && dims.length <= rank + 1) return Array.from({ length: rank }, () => 1);
  if (dims.length > rank + 1 || (dims.length === rank + 1 && dims[0] !== 1))
    throw compiler.unsupported('it has a constant for single rows');
  const behind = dims.length === rank + 1 ? dims.slice(1) : dims;
  return [...Array.from({ length: rank - behind.length }, () => 1), ...behind];
}

function placesOf(own: readonly number[], dims: readonly number[]): Int32Array {
  return Int32Array.from({ length: product(dims) }, (_, element) => {
    let place = 0;
    let stride = 1;
    let rest = element;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const index = rest % (dims[axis] ?? 1);
      rest = (rest - index) / (dims[axis] ?? 1);
      if ((own[axis] ?? 1) > 1) place += index * stride;
      stride *= own[axis] ?? 1;
    }
    return place;
  });
}
