import type { ElementType, TensorValues } from '@mlab/onnx';

/** The datatypes of the protocol. BF16 is not among them: nothing here computes with it. */
export const DATATYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;

export type Datatype = (typeof DATATYPES)[number];

/** What ONNX calls them. */
const ELEMENT_TYPES: Readonly<Record<Datatype, ElementType>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float',
  FP64: 'double',
  BYTES: 'string',
};

const NAMES = new Map<string, Datatype>(DATATYPES.map((datatype) => [ELEMENT_TYPES[datatype], datatype]));

/** Of a model's input or output; `undefined` where the protocol has no word for it. */
export const datatypeOf = (type: ElementType): Datatype | undefined => NAMES.get(type);

const KNOWN: ReadonlySet<unknown> = new Set(DATATYPES);

export const isDatatype = (value: unknown): value is Datatype => KNOWN.has(value);

export type NumberDatatype = Exclude<Datatype, 'BYTES'>;
export type NumberValues = Exclude<TensorValues, readonly string[]>;

interface NumberArray {
  new (length: number): NumberValues;
  new (buffer: ArrayBuffer): NumberValues;
  readonly BYTES_PER_ELEMENT: number;
}

/** The array that keeps the values of a datatype. A BOOL is 0 or 1. */
export const ARRAYS: Readonly<Record<NumberDatatype, NumberArray>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Float16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};
