import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AppError } from '@mlab/kernel/errors';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
  ModelStreamInferResponseSchema,
  type ModelInferRequest,
} from '@mlab/protos/open-inference';
import type { InferAnswer } from './answer-of.ts';
import { inEnvelope } from './infer-stream.ts';

/** A request as it came, where nobody has read it on its way. */
export function readMessage(bytes: Uint8Array): ModelInferRequest {
  try {
    return fromBinary(ModelInferRequestSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new AppError('malformed', `The message cannot be read as ${ModelInferRequestSchema.typeName}.`, { cause: error });
  }
}

export const writeMessage = (request: ModelInferRequest, answer: InferAnswer, streamed: boolean): Uint8Array =>
  streamed
    ? toBinary(ModelStreamInferResponseSchema, create(ModelStreamInferResponseSchema, inEnvelope(request, answer)))
    : toBinary(ModelInferResponseSchema, create(ModelInferResponseSchema, answer));

export { answerOf } from './answer-of.ts';
export { readRequest as readTensors } from './read-request.ts';
