/** The element types of onnx.proto's `TensorProto.DataType`, each at its number. */
const NAMES = [
  'undefined',
  'float',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'double',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
  'float6e2m3',
  'float6e3m2',
] as const;

export type ElementType = (typeof NAMES)[number];

/** A number that a later onnx.proto may give a meaning to is `undefined` here. */
export const elementTypeOf = (number: number): ElementType => NAMES[number] ?? 'undefined';

export const elementTypeNumber = (type: ElementType): number => NAMES.indexOf(type);
