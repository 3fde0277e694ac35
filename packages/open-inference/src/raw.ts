import { isUtf8 } from 'node:buffer';
import { AppError } from '@mlab/kernel/errors';
import type { TensorValues } from '@mlab/onnx';
import { ARRAYS, type Datatype } from '#/datatypes.ts';

/** What a raw tensor is to be. */
export interface RawTensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** How many values it has. */
  readonly count: number;
}

const LENGTH_BYTES = 4;

/**
 * The values of a raw tensor: row after row, little-endian, as Triton's binary tensors and gRPC's raw contents have them. Of BYTES each value is
 * its length, as a uint32, and then so many bytes of UTF-8. The bytes are copied.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
export function readRaw({ name, datatype, count }: RawTensor, bytes: Uint8Array): TensorValues {
  if (datatype === 'BYTES') return readStrings(name, count, bytes);
  const array = ARRAYS[datatype];
  if (bytes.length !== count * array.BYTES_PER_ELEMENT)
    throw new AppError(
      'invalid',
      `${name} has ${bytes.length} bytes, and ${count} values of ${datatype} take ${count * array.BYTES_PER_ELEMENT}.`,
    );
  if (datatype === 'BOOL') checkBooleans(name, bytes);
  return new array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
}

function checkBooleans(name: string, bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte > 1) throw new AppError('invalid', `${name} is of BOOL, whose bytes are 0 or 1; value ${index} is ${byte}.`);
  }
}

function readStrings(name: string, count: number, bytes: Uint8Array): readonly string[] {
  // Each value has its length at least: nothing is made before it is known that so many can be there.
  if (bytes.length < count * LENGTH_BYTES)
    throw new AppError('invalid', `${name} has ${bytes.length} bytes, and ${count} values of BYTES take ${count * LENGTH_BYTES} at least.`);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: string[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const begin = at + LENGTH_BYTES;
    const end = begin <= buffer.length ? begin + buffer.readUInt32LE(at) : Infinity;
    if (end > buffer.length) throw new AppError('invalid', `${name} ends within its value ${index} of ${count}.`);
    const text = buffer.toString('utf8', begin, end);
    if (text.includes('\ufffd') && !isUtf8(buffer.subarray(begin, end)))
      throw new AppError('invalid', `Value ${index} of ${name} is not UTF-8, as the texts of a model are.`);
    values.push(text);
    at = end;
  }
  if (at !== buffer.length)
    throw new AppError('invalid', `${name} has ${buffer.length - at} bytes more than its shape has room for: ${count} values.`);
  return values;
}

/** The bytes of a tensor. They may be those of the values themselves. */
export function writeRaw(values: TensorValues): Uint8Array {
  if (ArrayBuffer.isView(values)) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let size = 0;
  for (const value of values) size += LENGTH_BYTES + Buffer.byteLength(value);
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (const value of values) {
    const length = buffer.write(value, at + LENGTH_BYTES);
    buffer.writeUInt32LE(length, at);
    at += LENGTH_BYTES + length;
  }
  return buffer;
}
