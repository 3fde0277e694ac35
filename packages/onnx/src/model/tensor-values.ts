import { AppError } from '@mlab/kernel/errors';
import type { ElementType } from '#/model/element-type.ts';
import type { Tensor } from '#/model/model.ts';

/** Values of a tensor in the array that fits its type. A boolean is 0 or 1. */
export type TensorValues =
  | Float16Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

type Numbers = Exclude<TensorValues, readonly string[]>;

const ARRAYS: Partial<Record<ElementType, new (buffer: ArrayBuffer) => Numbers>> = {
  float16: Float16Array,
  float: Float32Array,
  double: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

/** The values of a tensor, as many as its dimensions say. Those kept elsewhere, and types without an array of their own, are refused. */
export function valuesOf(tensor: Tensor): TensorValues {
  const { content, type, dims } = tensor;
  const count = dims.reduce((product, dim) => product * dim, 1);
  const values = valuesAsKept(tensor);
  if (dims.some((dim) => dim < 0) || values.length !== count) {
    throw unusable(tensor, `it has ${values.length} values for the dimensions ${dims.join(' × ')} of ${type}, kept as ${content.kind}`);
  }
  return values;
}

function valuesAsKept(tensor: Tensor): TensorValues {
  const { content, type } = tensor;
  if (content.kind === 'external') throw unusable(tensor, `its values are in another file (${content.location})`);
  if (content.kind === 'strings') return content.values;
  const array = ARRAYS[type];
  if (array === undefined) throw unusable(tensor, `values of type ${type} are not supported`);
  if (content.kind === 'raw') {
    const size = new array(new ArrayBuffer(0)).BYTES_PER_ELEMENT;
    if (content.bytes.length % size !== 0) throw unusable(tensor, `${content.bytes.length} bytes are no whole number of ${type}`);
    // A copy, because the values need not be aligned in the file.
    return new array(Uint8Array.from(content.bytes).buffer);
  }
  if (content.values instanceof array) return content.values;
  // Smaller integers are kept in wider fields, and those of one width in that of the other sign; of float16 there would be the bits.
  if (content.kind === 'int32s' && type !== 'float16' && array !== BigInt64Array && array !== BigUint64Array)
    return narrow(content.values, array);
  if (content.kind === 'uint64s' && type === 'uint32') return Uint32Array.from(content.values, Number);
  // An empty tensor has no field that would say how it is kept.
  if (content.values.length === 0) return new array(new ArrayBuffer(0));
  throw unusable(tensor, `values of type ${type} are not kept as ${content.kind}`);
}

function narrow(values: Int32Array, array: new (buffer: ArrayBuffer) => Numbers): Numbers {
  const result = new array(new ArrayBuffer(values.length * new array(new ArrayBuffer(0)).BYTES_PER_ELEMENT)) as Int32Array;
  result.set(values);
  return result;
}

const unusable = (tensor: Tensor, why: string): AppError =>
  new AppError('invalid', `The tensor ${tensor.name === '' ? 'of the model' : tensor.name} cannot be used: ${why}.`);
