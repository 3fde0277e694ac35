import { isUtf8 } from 'node:buffer';
import { AppError } from '@mlab/kernel';
import type { TensorValues } from '@mlab/onnx';
import type { Datatype } from '@mlab/open-inference';
import type { InferTensorContents } from '@mlab/protos/open-inference';

type Field = Exclude<keyof InferTensorContents, '$typeName' | '$unknown'>;

/** Which list of the message keeps the values of which datatype; FP16 comes raw only. */
const FIELDS: Readonly<Record<Exclude<Datatype, 'FP16'>, Field>> = {
  BOOL: 'boolContents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
  BYTES: 'bytesContents',
};

/** Names as they stand in the .proto file, where clients know them from. */
const PROTO_NAMES: Readonly<Record<Field, string>> = {
  boolContents: 'bool_contents',
  intContents: 'int_contents',
  int64Contents: 'int64_contents',
  uintContents: 'uint_contents',
  uint64Contents: 'uint64_contents',
  fp32Contents: 'fp32_contents',
  fp64Contents: 'fp64_contents',
  bytesContents: 'bytes_contents',
};

const ALL = Object.keys(PROTO_NAMES) as readonly Field[];

/** What fits into the smaller integers, which come in lists of 32 bits. */
const BOUNDS: Readonly<Partial<Record<Datatype, readonly [number, number]>>> = {
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
};

export const isEmpty = (contents: InferTensorContents | undefined): boolean =>
  contents === undefined || ALL.every((field) => contents[field].length === 0);

interface Wanted {
  readonly name: string;
  readonly datatype: Datatype;
  readonly count: number;
}

/** The values of a tensor whose contents are typed: as many as its shape says, in the list of its datatype, and in no other. */
export function readContents({ name, datatype, count }: Wanted, contents: InferTensorContents | undefined): TensorValues {
  if (datatype === 'FP16') throw new AppError('invalid', `${name} is of FP16, which comes in raw_input_contents only.`);
  const field = FIELDS[datatype];
  const stray = contents === undefined ? undefined : ALL.find((other) => other !== field && contents[other].length > 0);
  if (stray !== undefined)
    throw new AppError(
      'invalid',
      `${name} is of ${datatype}, whose values come in ${PROTO_NAMES[field]}; there are some in ${PROTO_NAMES[stray]}.`,
    );
  const length = contents?.[field].length ?? 0;
  if (length !== count) throw new AppError('invalid', `${name} has ${length} values in ${PROTO_NAMES[field]}, and ${count} by its shape.`);
  return contents === undefined ? empty(datatype) : take({ name, datatype, count }, contents);
}

const empty = (datatype: Exclude<Datatype, 'FP16'>): TensorValues => (datatype === 'BYTES' ? [] : ARRAY_OF[datatype]([]));

function take({ name, datatype }: Wanted, contents: InferTensorContents): TensorValues {
  if (datatype === 'BYTES') return contents.bytesContents.map((bytes, index) => textOf(name, bytes, index));
  if (datatype === 'BOOL') return Uint8Array.from(contents.boolContents, Number);
  if (datatype === 'FP32') return Float32Array.from(contents.fp32Contents);
  if (datatype === 'FP64') return Float64Array.from(contents.fp64Contents);
  if (datatype === 'INT64') return BigInt64Array.from(contents.int64Contents);
  if (datatype === 'UINT64') return BigUint64Array.from(contents.uint64Contents);
  const values = datatype.startsWith('U') ? contents.uintContents : contents.intContents;
  const bounds = BOUNDS[datatype];
  if (bounds !== undefined) {
    const index = values.findIndex((value) => value < bounds[0] || value > bounds[1]);
    if (index >= 0) throw new AppError('invalid', `Value ${index} of ${name} is ${values[index]}, which is no ${datatype}.`);
  }
  return ARRAY_OF[datatype as keyof typeof ARRAY_OF](values as never);
}

const ARRAY_OF = {
  BOOL: (values: readonly number[]) => Uint8Array.from(values),
  INT8: (values: readonly number[]) => Int8Array.from(values),
  INT16: (values: readonly number[]) => Int16Array.from(values),
  INT32: (values: readonly number[]) => Int32Array.from(values),
  UINT8: (values: readonly number[]) => Uint8Array.from(values),
  UINT16: (values: readonly number[]) => Uint16Array.from(values),
  UINT32: (values: readonly number[]) => Uint32Array.from(values),
  INT64: (values: readonly bigint[]) => BigInt64Array.from(values),
  UINT64: (values: readonly bigint[]) => BigUint64Array.from(values),
  FP32: (values: readonly number[]) => Float32Array.from(values),
  FP64: (values: readonly number[]) => Float64Array.from(values),
};

function textOf(name: string, bytes: Uint8Array, index: number): string {
  if (!isUtf8(bytes)) throw new AppError('invalid', `Value ${index} of ${name} is not UTF-8, as the texts of a model are.`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** The list of an output's values; FP16 has none. */
export function writeContents(datatype: Datatype, values: TensorValues): Partial<Record<Field, unknown>> | undefined {
  if (datatype === 'FP16') return undefined;
  const field = FIELDS[datatype];
  if (datatype === 'BYTES') return { [field]: (values as readonly string[]).map((text) => Buffer.from(text)) };
  if (datatype === 'BOOL') return { [field]: Array.from(values as Uint8Array, Boolean) };
  return { [field]: Array.from(values as Iterable<number | bigint>) };
}
