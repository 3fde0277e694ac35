import { AppError, type ForeignAnswer } from '@mlab/kernel';
import type { Outputs } from '@mlab/onnx';
import {
  classify,
  outputTensor,
  portOf,
  writeResponse,
  type InferRequest,
  type OutputTensor,
  type RequestedOutput,
} from '@mlab/open-inference';
import type { ServedModel } from '#/domain/served-model.ts';

type Asked = Pick<ServedModel, 'model' | 'version' | 'outputs'>;

/** What a model gave, as it was asked for. */
export function writeInferred(model: Asked, { id, outputs: requested }: InferRequest, outputs: Outputs): ForeignAnswer {
  const tensors = requested.map((output) => tensorOf(model, output, outputs));
  return writeResponse({ model: model.model, version: String(model.version), id, outputs: tensors }, requested);
}

/** An output as it was asked for. */
export function tensorOf(model: Asked, { name, classes }: RequestedOutput, outputs: Outputs): OutputTensor {
  const output = outputs[name];
  if (output === undefined) throw new AppError('internal', `${model.model} has not given ${name}.`);
  const tensor = outputTensor(name, output);
  return classes === undefined ? tensor : classify(tensor, classes, portOf(model.outputs, name)?.classes);
}
