import type { registry } from '@mlab/contracts/registry';
import type { CallMeta, ClientOf } from '@mlab/kernel';
import type { Outputs } from '@mlab/onnx';
import { columnsOf, writeRaw, type OutputTensor } from '@mlab/open-inference';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ModelInferRequest, ModelInferResponseSchema } from '@mlab/protos/open-inference';
import type { ServedModel } from '#/domain/served-model.ts';
import { tensorOf } from '#/protocols/open-inference/infer.ts';
import type { Statistics } from '#/protocols/open-inference/statistics.ts';
import { whichModel } from '#/protocols/open-inference/which-model.ts';
import type { ProtocolModels } from '#/protocols/with-demo.ts';
import { readRequest, type AskedOverGrpc } from './read-request.ts';
import { writeContents } from './tensor-contents.ts';

export interface InferenceDeps {
  readonly models: ProtocolModels;
  readonly registry: ClientOf<typeof registry> | undefined;
  readonly statistics: Statistics;
  /** False as soon as the service begins to end. */
  readonly isReady: () => boolean;
}

export type InferAnswer = MessageInitShape<typeof ModelInferResponseSchema> & object;

/** Asks the model that a request names. */
export async function infer({ models, statistics }: InferenceDeps, request: ModelInferRequest, call: CallMeta): Promise<InferAnswer> {
  const ref = whichModel(request.modelName, request.modelVersion);
  const model = models.standing(ref) ?? (await models.open(ref, call));
  const counted = statistics.of(model);
  const began = statistics.now();
  try {
    const asked = readRequest(request, model);
    const columns = columnsOf(model, asked.inputs);
    const read = statistics.now();
    const outputs = await model.ask(columns, call);
    const inferred = statistics.now();
    const answer = answerOf(model, { id: request.id, asked }, outputs);
    statistics.succeeded(counted, asked.inputs[0]?.shape[0] ?? 1, [began, read, inferred, statistics.now()]);
    return answer;
  } catch (error) {
    statistics.failed(counted, began);
    throw error;
  }
}

interface Question {
  readonly id: string;
  readonly asked: AskedOverGrpc;
}

/**
 * Values come back as they were sent: Triton's clients send them raw and read nothing else, and whoever sends typed lists reads
 * those. FP16 has no list of its own, so that an answer with one is raw for all of it.
 */
function answerOf(model: ServedModel, { id, asked }: Question, outputs: Outputs): InferAnswer {
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
