import { AppError, UnreadMessage, type CallMeta } from '@mlab/kernel';
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  InferParameterSchema,
  ModelInferResponseSchema,
  type ModelInferRequest,
  type ModelStreamInferResponseSchema,
} from '@mlab/protos/open-inference';
import type { InferAnswer } from './answer-of.ts';
import { infer, inferUnread, type InferenceDeps } from './infer.ts';

export type StreamAnswer = MessageInitShape<typeof ModelStreamInferResponseSchema> & object;

/** Triton's clients ask with this for a mark on the last answer to each request; here each request has one answer. */
const WANTS_FINAL = 'triton_enable_empty_final_response';

/**
 * Each request of a stream is answered in its turn. One that is refused is answered with the reason, and the stream goes on; what is
 * our own fault ends it.
 */
export async function* inferStream(
  deps: InferenceDeps,
  requests: AsyncIterable<ModelInferRequest | UnreadMessage>,
  call: CallMeta,
): AsyncGenerator<StreamAnswer | Uint8Array> {
  for await (const request of requests) {
    const isUnread = request instanceof UnreadMessage;
    try {
      // What was written in another thread has its envelope already.
      if (isUnread) yield await inferUnread(deps, { bytes: request.bytes, streamed: true }, call);
      else {
        const answer = await infer(deps, request, call);
        yield inEnvelope(request, answer instanceof Uint8Array ? fromBinary(ModelInferResponseSchema, answer) : answer);
      }
    } catch (error) {
      if (!AppError.is(error) || error.code === 'internal' || call.signal.aborted) throw error;
      const { modelName = '', id = '' } = isUnread ? {} : request;
      yield { errorMessage: error.message.slice(0, 1000).toWellFormed(), inferResponse: { modelName, id } };
    }
  }
}

export const inEnvelope = ({ parameters }: ModelInferRequest, answer: InferAnswer): StreamAnswer => ({
  inferResponse:
    parameters[WANTS_FINAL]?.parameterChoice.value === true ? { ...answer, parameters: { triton_final_response: FINAL } } : answer,
});

const FINAL = create(InferParameterSchema, { parameterChoice: { case: 'boolParam', value: true } });
