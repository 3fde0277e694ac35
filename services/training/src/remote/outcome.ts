import { AppError, type ErrorCode } from '@mlab/kernel/errors';
import type { TrainedModel } from '#/worker/messages.ts';

/** What a program brings back: what came of it, or why nothing did. */
export type Outcome =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

const HEADER = Uint32Array.BYTES_PER_ELEMENT;

/** As one file: a document of JSON with its length before it, and behind it the model, which is no text. */
export function packOutcome(outcome: Outcome): Uint8Array {
  const onnx = outcome.kind === 'done' ? (outcome.result as Partial<TrainedModel>).onnx : undefined;
  const told = Buffer.from(
    JSON.stringify(onnx === undefined ? outcome : { kind: 'done', result: { ...(outcome as { result: object }).result, onnx: null } }),
  );
  const packed = Buffer.alloc(HEADER + told.length + (onnx?.length ?? 0));
  packed.writeUInt32LE(told.length);
  packed.set(told, HEADER);
  if (onnx !== undefined) packed.set(onnx, HEADER + told.length);
  return packed;
}

/** Answers the result, or throws what the program has failed with. */
export function unpackOutcome(packed: Buffer): unknown {
  const end = HEADER + packed.readUInt32LE();
  const outcome = JSON.parse(packed.toString('utf8', HEADER, end)) as Outcome;
  if (outcome.kind === 'failed')
    throw outcome.code === 'internal' ? new Error(outcome.message) : new AppError(outcome.code as ErrorCode, outcome.message);
  const result = outcome.result as { readonly onnx?: null };
  return result.onnx === null ? { ...result, onnx: Uint8Array.from(packed.subarray(end)) } : result;
}
