import { AppError, type CallMeta, type ForeignAnswer, type ForeignRequest } from '@mlab/kernel';
import type { Outputs } from '@mlab/onnx';
import { columnsOf, compress, decompress, encodingFor, HEADER_LENGTH, readRequest } from '@mlab/open-inference';
import type { ModelRef, ServedModel } from '#/domain/served-model.ts';
import { answered, type LargeQuestions } from '#/large/large-questions.ts';
import type { ProtocolModels } from '#/protocols/with-demo.ts';
import type { Statistics } from './statistics.ts';
import { whichModel } from './which-model.ts';
import { writeInferred } from './write-inferred.ts';

export interface InferOptions {
  readonly models: ProtocolModels;
  readonly statistics: Statistics;
  readonly large: LargeQuestions;
}

type Answering = ForeignAnswer | Promise<ForeignAnswer>;

/** Asks the model that a request names; at once wherever nothing has to be waited for, and beside where it would take long. */
export function inferHandler({ models, statistics, large }: InferOptions) {
  return ({ params, headers, body }: ForeignRequest, call: CallMeta): Answering => {
    const ref = whichModel(params['model'] ?? '', params['version']);
    const model = models.standing(ref);
    return model === undefined || headers['content-encoding'] !== undefined
      ? later(ref, { headers, body }, call)
      : answer(model, { headers, body }, call);
  };

  async function later(ref: ModelRef, { headers, body }: Question, call: CallMeta): Promise<ForeignAnswer> {
    const model = await models.open(ref, call);
    const encoding = headers['content-encoding'];
    if (encoding === undefined || body.length >= large.fromBytes) return answer(model, { headers, body }, call);
    const plain = await decompress(body, encoding, large.fromBytes).catch((error: unknown) => {
      if (AppError.is(error, 'too_large')) return undefined;
      throw error;
    });
    return plain === undefined ? beside(model, { headers, body }, call) : answer(model, { headers, body: plain }, call);
  }

  function answer(model: ServedModel, { headers, body }: Question, call: CallMeta): Answering {
    if (body.length >= large.fromBytes) return beside(model, { headers, body }, call);
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
      const plainly = (): Promise<ForeignAnswer> => beside(model, { headers: withoutEncoding(headers), body }, call);
      if (large.isMuch(model, rows)) return plainly();
      const read = statistics.now();
      const finish = (outputs: Outputs): Answering => {
        const inferred = statistics.now();
        const written = writeInferred(model, asked, outputs);
        statistics.succeeded(counted, rows, [began, read, inferred, statistics.now()]);
        const encoding = encodingFor(textOf(headers['accept-encoding']), written);
        return encoding === undefined ? written : compress(written, encoding);
      };
      const outputs = model.askNow?.(columns, rows);
      if (outputs !== undefined) return finish(outputs);
      return model.ask(columns, call).then(finish, (error: unknown) => (large.wasMuch(model, error) ? plainly() : failed(error)));
    } catch (error) {
      return failed(error);
    }
  }

  async function beside(model: ServedModel, question: Question, call: CallMeta): Promise<ForeignAnswer> {
    const counted = statistics.of(model);
    const began = statistics.now();
    try {
      const done = await large.infer(model, question, call);
      statistics.took(counted, done.rows, done.took);
      return answered(done);
    } catch (error) {
      statistics.failed(counted, began);
      throw error;
    }
  }
}

type Question = Pick<ForeignRequest, 'headers' | 'body'>;

/** What was decompressed is so no more. */
const withoutEncoding = (headers: Question['headers']): Question['headers'] => ({ ...headers, 'content-encoding': undefined });

/** Of a header that came more than once, all of it. */
const textOf = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(', ') : header);
