import { AppError } from '@mlab/kernel';
import {
  countOf,
  DATATYPES,
  isDatatype,
  readOutputs,
  readRaw,
  shown,
  type Ports,
  type RequestedOutput,
  type Tensor,
} from '@mlab/open-inference';
import type { InferParameter, ModelInferRequest, ModelInferRequest_InferInputTensor as Input } from '@mlab/protos/open-inference';
import { isEmpty, readContents } from './tensor-contents.ts';

export interface AskedOverGrpc {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly RequestedOutput[];
  /** Whether the values came raw, so that the answer's come raw too. */
  readonly raw: boolean;
}

type Parameters = Readonly<Record<string, InferParameter>>;

/** The tensors of a request, either all of them raw or none. */
export function readRequest({ inputs, outputs, rawInputContents: raw }: ModelInferRequest, ports: Ports): AskedOverGrpc {
  const isRaw = raw.length > 0;
  if (isRaw) {
    const typed = inputs.find(({ contents }) => !isEmpty(contents));
    if (typed !== undefined)
      throw new AppError(
        'invalid',
        `${shown(typed.name)} has contents, and the request raw_input_contents: it takes one of them for all inputs.`,
      );
    if (raw.length !== inputs.length)
      throw new AppError(
        'invalid',
        `The request has ${inputs.length} inputs, and ${raw.length} raw_input_contents: one for each is needed.`,
      );
  }
  return {
    inputs: inputs.map((input, index) => readInput(input, raw[index])),
    outputs: readOutputs(
      outputs.map(({ name, parameters }) => ({ name, parameters: plain(parameters) })),
      true,
      ports,
    ),
    raw: isRaw || inputs.length === 0,
  };
}

function readInput({ name, datatype, shape: dimensions, contents, parameters }: Input, raw: Uint8Array | undefined): Tensor {
  if (Object.hasOwn(parameters, 'shared_memory_region'))
    throw new AppError('invalid', `${shown(name)} lies in shared memory, which is not served: send its values.`);
  if (!isDatatype(datatype))
    throw new AppError('invalid', `The datatype of ${shown(name)} has to be one of ${DATATYPES.join(', ')}, and is ${shown(datatype)}.`);
  const shape = dimensions.map(Number);
  const wanted = { name, datatype, count: countOf(name, shape) };
  return { name, datatype, shape, data: raw === undefined ? readContents(wanted, contents) : readRaw(wanted, raw) };
}

function plain(parameters: Parameters): Readonly<Record<string, unknown>> {
  const entries = Object.entries(parameters).map(
    ([
      key,
      {
        parameterChoice: { value },
      },
    ]): [string, unknown] => [key, typeof value === 'bigint' ? Number(value) : value],
  );
  return Object.fromEntries(entries);
}
