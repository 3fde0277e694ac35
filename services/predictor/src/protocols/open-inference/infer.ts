import type { ForeignAnswer, ForeignRequest, CallMeta } from '@mlab/kernel';
import {
  classify,
  columnsOf,
  compress,
  decompress,
  encodingFor,
  HEADER_LENGTH,
  outputTensor,
  portOf,
  readRequest,
  writeResponse,
  type InferRequest,
  type OutputTensor,
  type RequestedOutput,
} from '@mlab/open-inference';
import { AppError } from '@mlab/kernel';
import type { Outputs } from '@mlab/onnx';
import type { ModelRef, ServedModel } from '#/domain/served-model.ts';
import type { ProtocolModels } from '#/protocols/with-demo.ts';
import type { Statistics } from './statistics.ts';
import { whichModel } from './which-model.ts';

export interface InferOptions {
  readonly models: ProtocolModels;
  readonly statistics: Statistics;
  /** Most bytes of a body, as it was before its client compressed it. */
  readonly maxBodyBytes: number;
}

/** Asks the model that a request names. */
export function inferHandler({ models, statistics, maxBodyBytes }: InferOptions) {
  return async ({ params, headers, body }: ForeignRequest, call: CallMeta): Promise<ForeignAnswer> => {
    const ref = whichModel(params['model'] ?? '', params['version']);
    // Nothing is waited for where nothing has to be: it is the hot path.
    const model = models.standing(ref) ?? (await opened(models, ref, call));
    const encoding = headers['content-encoding'];
    const plain = encoding === undefined ? body : await decompress(body, encoding, maxBodyBytes);
    const counted = statistics.of(model);
    const began = statistics.now();
    try {
      const asked = readRequest(plain, textOf(headers[HEADER_LENGTH]), model);
      const columns = columnsOf(model, asked.inputs);
      const read = statistics.now();
      const outputs = await model.ask(columns, call);
      const inferred = statistics.now();
      const answer = answerOf(model, asked, outputs);
      statistics.succeeded(counted, asked.inputs[0]?.shape[0] ?? 1, [began, read, inferred, statistics.now()]);
      const wanted = encodingFor(textOf(headers['accept-encoding']), answer);
      return wanted === undefined ? answer : await compress(answer, wanted);
    } catch (error) {
      statistics.failed(counted, began);
      throw error;
    }
  };
}

/** Of a header that came more than once, all of it. */
const textOf = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(', ') : header);

const opened = (models: ProtocolModels, ref: ModelRef, call: CallMeta): Promise<ServedModel> => models.open(ref, call);

function answerOf(model: ServedModel, { id, outputs: requested }: InferRequest, outputs: Outputs): ForeignAnswer {
  const tensors = requested.map((output) => tensorOf(model, output, outputs));
  return writeResponse({ model: model.model, version: String(model.version), id, outputs: tensors }, requested);
}

/** An output as it was asked for. */
export function tensorOf(model: ServedModel, { name, classes }: RequestedOutput, outputs: Outputs): OutputTensor {
  const output = outputs[name];
  if (output === undefined) throw new AppError('internal', `${model.model} has not given ${name}.`);
  const tensor = outputTensor(name, output);
  return classes === undefined ? tensor : classify(tensor, classes, portOf(model.outputs, name)?.classes);
}
