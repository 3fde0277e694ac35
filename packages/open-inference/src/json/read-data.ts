import { AppError } from '@mlab/kernel/errors';
import type { Column } from '@mlab/onnx';
import { ARRAYS, type Datatype } from '#/datatypes.ts';
import { shapeText, shown, typeOf } from '#/shape.ts';

/** A tensor whose values stand in the JSON of a request. */
interface Described {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** How many values the shape has room for. */
  readonly count: number;
}

/** The values of `data`, nested as the shape says or all in one list. */
export function readData(tensor: Described, data: unknown): Column {
  const { name, shape, count } = tensor;
  if (!Array.isArray(data)) {
    if (shape.length === 0 && data !== undefined) return readValues(tensor, [data]);
    throw new AppError('invalid', `The data of ${name} has to be a list, and is ${typeOf(data)}.`);
  }
  if (Array.isArray(data[0])) {
    const flat: unknown[] = [];
    unnest(tensor, data, 0, flat);
    return readValues(tensor, flat);
  }
  if (data.length !== count)
    throw new AppError('invalid', `${name} has ${data.length} values, and its shape ${shapeText(shape)} has room for ${count}.`);
  return readValues(tensor, data);
}

function unnest({ name, shape, ...rest }: Described, list: readonly unknown[], axis: number, flat: unknown[]): void {
  if (list.length !== shape[axis])
    throw new AppError(
      'invalid',
      `The data of ${name} is not nested as its shape ${shapeText(shape)} says: a list of dimension ${axis} has ${list.length} items.`,
    );
  if (axis === shape.length - 1) {
    for (const item of list) flat.push(item);
    return;
  }
  for (const item of list) {
    if (!Array.isArray(item))
      throw new AppError(
        'invalid',
        `The data of ${name} is not nested as its shape ${shapeText(shape)} says: dimension ${axis} has ${shown(item)}.`,
      );
    unnest({ name, shape, ...rest }, item, axis + 1, flat);
  }
}

function readValues({ name, datatype }: Described, values: readonly unknown[]): Column {
  switch (datatype) {
    case 'FP32':
      return readReals(name, datatype, values, 3.4028235677973366e38);
    case 'FP64':
      return readReals(name, datatype, values, Infinity);
    case 'FP16':
      return Float16Array.from(readReals(name, datatype, values, 65_520));
    case 'BYTES':
      return readStrings(name, values);
    case 'BOOL':
      return readBooleans(name, values);
    case 'INT64':
      return readLong(name, datatype, values, new BigInt64Array(values.length), [-(2n ** 63n), 2n ** 63n - 1n]);
    case 'UINT64':
      return readLong(name, datatype, values, new BigUint64Array(values.length), [0n, 2n ** 64n - 1n]);
    default:
      return readIntegers(name, datatype, values);
  }
}

/** From `limit` on a value would become infinite. The list that came is the column, where it holds nothing else than numbers. */
function readReals(name: string, datatype: Datatype, values: readonly unknown[], limit: number): readonly number[] {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value !== 'number' || value >= limit || value <= -limit) return readUnusualReals(name, datatype, values, limit);
  }
  return values as readonly number[];
}

/** null is NaN, for which JSON has no word. */
function readUnusualReals(name: string, datatype: Datatype, values: readonly unknown[], limit: number): readonly number[] {
  return values.map((value, index) => {
    if (value === null) return Number.NaN;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number') throw refusal(name, `a number (${datatype})`, value, index);
    if (Math.abs(number) >= limit && Number.isFinite(number)) throw refusal(name, `a number that ${datatype} can hold`, value, index);
    return number;
  });
}

function readStrings(name: string, values: readonly unknown[]): readonly string[] {
  for (let index = 0; index < values.length; index++)
    if (typeof values[index] !== 'string') throw refusal(name, 'a string (BYTES)', values[index], index);
  return values as readonly string[];
}

function readBooleans(name: string, values: readonly unknown[]): Uint8Array {
  const result = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value === true || value === 1) result[index] = 1;
    else if (value !== false && value !== 0) throw refusal(name, 'true or false (BOOL)', value, index);
  }
  return result;
}

/** What does not fit comes out of the array as another number than it went in. */
function readIntegers(name: string, datatype: Exclude<Datatype, 'BYTES'>, values: readonly unknown[]): Int32Array {
  const result = new ARRAYS[datatype](values.length) as Int32Array;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number') result[index] = value;
    if (result[index] !== value) throw refusal(name, `an integer of ${datatype}`, value, index);
  }
  return result;
}

type Range = readonly [least: bigint, most: bigint];

function readLong<A extends BigInt64Array | BigUint64Array>(
  name: string,
  datatype: Datatype,
  values: readonly unknown[],
  result: A,
  [least, most]: Range,
): A {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof integer !== 'bigint' || integer < least || integer > most) throw refusal(name, `an integer of ${datatype}`, value, index);
    result[index] = integer;
  }
  return result;
}

const refusal = (name: string, expected: string, value: unknown, index: number): AppError =>
  new AppError('invalid', `${name} has to be ${expected}; value ${index} is ${shown(value)}.`);
