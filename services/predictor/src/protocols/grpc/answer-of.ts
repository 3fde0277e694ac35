import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Outputs } from '@mlab/onnx';
import { writeRaw, type OutputTensor } from '@mlab/open-inference';
import type { ModelInferResponseSchema } from '@mlab/protos/open-inference';
import type { ServedModel } from '#/domain/served-model.ts';
import { tensorOf } from '#/protocols/open-inference/write-inferred.ts';
import type { AskedOverGrpc } from './read-request.ts';
import { writeContents } from './tensor-contents.ts';

export type InferAnswer = MessageInitShape<typeof ModelInferResponseSchema> & object;

interface Question {
  readonly id: string;
  readonly asked: AskedOverGrpc;
}

/**
 * Values come back as they were sent: Triton's clients send them raw and read nothing else, and whoever sends typed lists reads
 * those. FP16 has no list of its own, so that an answer with one is raw for all of it.
 */
export function answerOf(
  model: Pick<ServedModel, 'model' | 'version' | 'outputs'>,
  { id, asked }: Question,
  outputs: Outputs,
): InferAnswer {
  const tensors = asked.outputs.map((output) => tensorOf(model, output, outputs));
  const raw = asked.raw || tensors.some(({ datatype }) => datatype === 'FP16');
  return {
    modelName: model.model,
    modelVersion: String(model.version),
    id,
    outputs: tensors.map((tensor) => described(tensor, raw)),
    rawOutputContents: raw ? tensors.map(({ data }) => writeRaw(data)) : [],
  };
}

function described({ name, datatype, shape, data }: OutputTensor, raw: boolean) {
  const contents = raw ? undefined : writeContents(datatype, data);
  return { name, datatype, shape: shape.map(BigInt), ...(contents === undefined ? {} : { contents: contents as object }) };
}
