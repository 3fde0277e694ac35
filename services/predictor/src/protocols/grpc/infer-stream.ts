import { AppError, type CallMeta } from '@mlab/kernel';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { InferParameterSchema, type ModelInferRequest, type ModelStreamInferResponseSchema } from '@mlab/protos/open-inference';
import { infer, type InferenceDeps } from './infer.ts';

type StreamAnswer = MessageInitShape<typeof ModelStreamInferResponseSchema> & object;

/** Triton's clients ask with this for a mark on the last answer to each request; here each request has one answer. */
const WANTS_FINAL = 'triton_enable_empty_final_response';

/**
 * Each request of a stream is answered in its turn. One that is refused is answered with the reason, and the stream goes on; what is
 * our own fault ends it.
 */
export async function* inferStream(
  deps: InferenceDeps,
  requests: AsyncIterable<ModelInferRequest>,
  call: CallMeta,
): AsyncGenerator<StreamAnswer> {
  for await (const request of requests) {
    try {
      const answer = await infer(deps, request, call);
      const wantsFinal = request.parameters[WANTS_FINAL]?.parameterChoice.value === true;
      yield { inferResponse: wantsFinal ? { ...answer, parameters: { triton_final_response: FINAL } } : answer };
    } catch (error) {
      if (!AppError.is(error) || error.code === 'internal' || call.signal.aborted) throw error;
      yield { errorMessage: error.message.slice(0, 1000).toWellFormed(), inferResponse: { modelName: request.modelName, id: request.id } };
    }
  }
}

const FINAL = create(InferParameterSchema, { parameterChoice: { case: 'boolParam', value: true } });
