import { AppError } from '@mlab/kernel/errors';
import { namesOf, type Ports } from '#/columns.ts';
import { ARRAYS, datatypeOf } from '#/datatypes.ts';
import { readRaw } from '#/raw.ts';
import type { InferRequest } from '#/request.ts';

/**
 * A body without any JSON: the values of the one input that the model has, whose shape follows from how many there are. A text comes as it is, without
 * its length. All outputs are answered as bytes.
 */
export function readRawRequest(body: Buffer, { model, inputs, outputs }: Ports): InferRequest {
  const [port, second] = inputs;
  if (port === undefined || second !== undefined)
    throw new AppError('invalid', `A body without JSON is for models of one input, and ${model} asks for ${namesOf(inputs)}.`);
  const { name, type } = port;
  const datatype = datatypeOf(type);
  const free = port.shape?.filter((dimension) => typeof dimension !== 'number').length ?? 2;
  if (datatype === undefined || free > 1)
    throw new AppError(
      'invalid',
      `A body without JSON does not say of what shape ${name} of ${model} is: more than one dimension is free.`,
    );
  const known = (port.shape ?? []).reduce<number>(
    (product, dimension) => (typeof dimension === 'number' ? product * dimension : product),
    1,
  );
  const rest = outputs.map((output) => ({ name: output.name, binary: true, classes: undefined }));
  const shapeFor = (count: number): readonly number[] =>
    (port.shape ?? []).map((dimension) => (typeof dimension === 'number' ? dimension : count / known));
  if (datatype === 'BYTES') {
    const [text] = readRaw({ name, datatype, count: 1 }, Buffer.concat([lengthOf(body), body])) as readonly string[];
    if (known !== 1) throw new AppError('invalid', `A body without JSON is one text, and ${name} of ${model} has ${known} in a row.`);
    return { id: undefined, inputs: [{ name, datatype, shape: shapeFor(1), data: [text ?? ''] }], outputs: rest };
  }
  const count = body.length / ARRAYS[datatype].BYTES_PER_ELEMENT;
  const isWhole = free === 0 ? count === known : Number.isInteger(known === 0 ? 0 : count / known);
  if (!isWhole || !Number.isInteger(count))
    throw new AppError('invalid', `${body.length} bytes are no whole number of rows of ${name}: ${known} values of ${datatype} each.`);
  return {
    id: undefined,
    inputs: [{ name, datatype, shape: shapeFor(count), data: readRaw({ name, datatype, count }, body) }],
    outputs: rest,
  };
}

function lengthOf(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return length;
}
