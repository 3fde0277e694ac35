import { AppError } from '@mlab/kernel/errors';
import type { Columns, Port } from '@mlab/onnx';
import { datatypeOf } from '#/datatypes.ts';
import { shapeText } from '#/shape.ts';
import type { Tensor } from '#/tensor.ts';

/** A model as far as its tensors go. */
export interface Ports {
  /** For sentences. */
  readonly model: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

type Given = Record<string, { readonly data: Tensor['data']; readonly dims: readonly number[] }>;

/** The tensors as what a model is asked with: each of its inputs once, of its datatype and shape, and nothing else. */
export function columnsOf({ model, inputs }: Ports, tensors: readonly Tensor[]): Columns {
  const columns: Given = {};
  let inOrder = true;
  for (let index = 0; index < tensors.length; index++) {
    const tensor = tensors[index] as Tensor;
    // Most clients send them as the model lists them: then none comes twice.
    const likely = inputs[index];
    inOrder &&= likely?.name === tensor.name;
    const port = inOrder && likely !== undefined ? likely : portOf(inputs, tensor.name);
    if (port === undefined) throw new AppError('invalid', `${tensor.name} is no input of ${model}, which asks for ${namesOf(inputs)}.`);
    checkInput(model, port, tensor);
    // The model's own string, which is known as a key, and not the equal one of the request.
    const { name } = port;
    if (!inOrder && Object.hasOwn(columns, name)) throw new AppError('invalid', `${name} comes twice.`);
    const given = { data: tensor.data, dims: tensor.shape };
    // Else it would not become a column.
    if (name === '__proto__') Object.defineProperty(columns, name, { value: given, enumerable: true });
    else columns[name] = given;
  }
  if (tensors.length < inputs.length) {
    const missing = inputs.filter(({ name }) => !Object.hasOwn(columns, name));
    throw new AppError('invalid', `${model} asks for ${namesOf(inputs)}; missing: ${namesOf(missing)}.`);
  }
  return columns;
}

/** Datatypes are not converted: what a client sends in another one is not what it believes to send. Nor does Triton. */
function checkInput(model: string, { name, type, shape: expected }: Port, { datatype, shape }: Tensor): void {
  const wanted = datatypeOf(type);
  if (datatype !== wanted) throw new AppError('invalid', `${name} of ${model} is of datatype ${wanted ?? type}, and came as ${datatype}.`);
  if (expected !== undefined && !fits(expected, shape)) {
    const free = expected.map((dimension) => (typeof dimension === 'number' ? dimension : -1));
    throw new AppError('invalid', `${name} of ${model} has the shape ${shapeText(free)}, and came as ${shapeText(shape)}.`);
  }
}

function fits(expected: NonNullable<Port['shape']>, shape: readonly number[]): boolean {
  if (expected.length !== shape.length) return false;
  for (let axis = 0; axis < expected.length; axis++) {
    const dimension = expected[axis];
    if (typeof dimension === 'number' && dimension !== shape[axis]) return false;
  }
  return true;
}

/** Of an input or output with a name. */
export function portOf(ports: readonly Port[], name: string): Port | undefined {
  for (const port of ports) if (port.name === name) return port;
  return undefined;
}

const MOST_NAMES = 20;

export function namesOf(ports: readonly Port[]): string {
  const names = ports.slice(0, MOST_NAMES).map(({ name }) => name);
  return ports.length > MOST_NAMES ? `${names.join(', ')} … (${ports.length})` : names.join(', ');
}
