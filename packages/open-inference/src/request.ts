import { AppError } from '@mlab/kernel/errors';
import { isDatatype, DATATYPES, datatypeOf } from '#/datatypes.ts';
import { namesOf, portOf, type Ports } from '#/columns.ts';
import { parseJson } from '#/json/parse.ts';
import { readData } from '#/json/read-data.ts';
import { readFlag, readParameters, readSize } from '#/parameters.ts';
import { RawParts } from '#/raw-parts.ts';
import { readRawRequest } from '#/raw-request.ts';
import { countOf, shown, typeOf } from '#/shape.ts';
import type { Tensor } from '#/tensor.ts';

export interface RequestedOutput {
  readonly name: string;
  /** Whether it is to come as bytes behind the JSON. */
  readonly binary: boolean;
  /** That the greatest so many values are wanted with their classes, instead of all values. */
  readonly classes: number | undefined;
}

export interface InferRequest {
  /** What the client calls it, and wants to see again. */
  readonly id: string | undefined;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly RequestedOutput[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * A request over REST. `headerLength` is the header Inference-Header-Content-Length: how many bytes of the body are JSON, behind which binary tensors
 * stand; 0: the body is nothing but the values of the model's one input. The media type is not looked at: Triton's client sends none.
 */
export function readRequest(body: Buffer, headerLength: string | undefined, ports: Ports): InferRequest {
  if (headerLength === undefined) return readDocument(parseJson(body), undefined, ports);
  const length = lengthOf(headerLength, body.length);
  if (length === 0) return readRawRequest(body, ports);
  return readDocument(parseJson(body.subarray(0, length)), new RawParts(body.subarray(length)), ports);
}

function lengthOf(header: string, bodyLength: number): number {
  if (!/^\d{1,15}$/.test(header))
    throw new AppError('invalid', `Inference-Header-Content-Length has to be a number of bytes, and is ${shown(header)}.`);
  const length = Number(header);
  if (length > bodyLength)
    throw new AppError('invalid', `Inference-Header-Content-Length says that ${length} bytes are JSON, and the body has ${bodyLength}.`);
  return length;
}

function readDocument(document: unknown, parts: RawParts | undefined, ports: Ports): InferRequest {
  if (!isFields(document)) throw new AppError('invalid', `The request has to be a JSON object, and is ${typeOf(document)}.`);
  const { id, inputs, outputs } = document;
  if (id !== undefined && typeof id !== 'string') throw new AppError('invalid', `id has to be a string, and is ${shown(id)}.`);
  if (!Array.isArray(inputs)) throw new AppError('invalid', `inputs has to be a list of tensors, and is ${typeOf(inputs)}.`);
  const parameters = readParameters('the request', document['parameters']);
  const tensors: Tensor[] = [];
  for (let index = 0; index < inputs.length; index++) tensors.push(readInput(inputs[index], index, parts));
  parts?.end();
  const binary = readFlag('the request', parameters, 'binary_data_output') ?? false;
  return { id, inputs: tensors, outputs: readOutputs(outputs, binary, ports) };
}

function readInput(input: unknown, index: number, parts: RawParts | undefined): Tensor {
  if (!isFields(input)) throw new AppError('invalid', `inputs[${index}] has to be a tensor, and is ${typeOf(input)}.`);
  const { name, shape, datatype, data } = input;
  if (typeof name !== 'string') throw new AppError('invalid', `The name of inputs[${index}] has to be a string, and is ${typeOf(name)}.`);
  if (!isDatatype(datatype))
    throw new AppError('invalid', `The datatype of ${name} has to be one of ${DATATYPES.join(', ')}, and is ${shown(datatype)}.`);
  const count = countOf(name, shape);
  const described = { name, datatype, shape: shape as readonly number[], count };
  const parameters = readParameters(name, input['parameters']);
  if (parameters !== undefined) {
    if (parameters['shared_memory_region'] !== undefined)
      throw new AppError('invalid', `${name} lies in shared memory, which is not served: send its values.`);
    const size = readSize(name, parameters, 'binary_data_size');
    if (size !== undefined) {
      if (data !== undefined) throw new AppError('invalid', `${name} has both data and a binary_data_size.`);
      if (parts === undefined)
        throw new AppError('invalid', `${name} has a binary_data_size, and the request no Inference-Header-Content-Length.`);
      return { name, datatype, shape: described.shape, data: parts.take(described, size) };
    }
  }
  return { name, datatype, shape: described.shape, data: readData(described, data) };
}

/** All of them where none is named. */
export function readOutputs(outputs: unknown, binary: boolean, { model, outputs: given }: Ports): readonly RequestedOutput[] {
  if (outputs === undefined || (Array.isArray(outputs) && outputs.length === 0))
    return given.map(({ name }) => ({ name, binary, classes: undefined }));
  if (!Array.isArray(outputs)) throw new AppError('invalid', `outputs has to be a list, and is ${typeOf(outputs)}.`);
  const names = new Set<string>();
  return outputs.map((output: unknown, index) => {
    if (!isFields(output)) throw new AppError('invalid', `outputs[${index}] has to be an object with a name, and is ${typeOf(output)}.`);
    const { name } = output;
    if (typeof name !== 'string')
      throw new AppError('invalid', `The name of outputs[${index}] has to be a string, and is ${typeOf(name)}.`);
    const port = portOf(given, name);
    if (port === undefined) throw new AppError('invalid', `${name} is no output of ${model}, which gives ${namesOf(given)}.`);
    if (names.has(name)) throw new AppError('invalid', `The output ${name} is asked for twice.`);
    names.add(name);
    const parameters = readParameters(name, output['parameters']);
    if (parameters === undefined) return { name, binary, classes: undefined };
    if (parameters['shared_memory_region'] !== undefined)
      throw new AppError('invalid', `The output ${name} is wanted in shared memory, which is not served.`);
    const classes = readSize(name, parameters, 'classification') || undefined;
    if (classes !== undefined && datatypeOf(port.type)?.startsWith('FP') !== true)
      throw new AppError('invalid', `The output ${name} cannot be given as classes: it is of ${datatypeOf(port.type) ?? port.type}.`);
    return { name, binary: readFlag(name, parameters, 'binary_data') ?? binary, classes };
  });
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
