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

type Answering = ForeignAnswer | Promise<ForeignAnswer>;

/** Asks the model that a request names; at once wherever nothing has to be waited for. */
export function inferHandler({ models, statistics, maxBodyBytes }: InferOptions) {
  return ({ params, headers, body }: ForeignRequest, call: CallMeta): Answering => {
    const ref = whichModel(params['model'] ?? '', params['version']);
    const model = models.standing(ref);
    const encoding = headers['content-encoding'];
    return model === undefined || encoding !== undefined
      ? later(ref, encoding, { headers, body }, call)
      : answer(model, { headers, body }, call);
  };

  async function later(ref: ModelRef, encoding: string | undefined, { headers, body }: Question, call: CallMeta): Promise<ForeignAnswer> {
    const model = await models.open(ref, call);
    const plain = encoding === undefined ? body : await decompress(body, encoding, maxBodyBytes);
    return answer(model, { headers, body: plain }, call);
  }

  function answer(model: ServedModel, { headers, body }: Question, call: CallMeta): Answering {
    const counted = statistics.of(model);
    const began = statistics.now();
    const failed = (error: unknown): never => {
      statistics.failed(counted, began);
      throw error;
    };
    try {
      const asked = readRequest(body, textOf(headers[HEADER_LENGTH]), model);
      const columns = columnsOf(model, asked.inputs);
      const rows = asked.inputs[0]?.shape[0] ?? 1;
      const read = statistics.now();
      const finish = (outputs: Outputs): Answering => {
        const inferred = statistics.now();
        const written = answerOf(model, asked, outputs);
        statistics.succeeded(counted, rows, [began, read, inferred, statistics.now()]);
        const encoding = encodingFor(textOf(headers['accept-encoding']), written);
        return encoding === undefined ? written : compress(written, encoding);
      };
      const outputs = model.askNow?.(columns, rows);
      return outputs === undefined ? model.ask(columns, call).then(finish).catch(failed) : finish(outputs);
    } catch (error) {
      return failed(error);
    }
  }
}

type Question = Pick<ForeignRequest, 'headers' | 'body'>;

/** Of a header that came more than once, all of it. */
const textOf = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(', ') : header);

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
