import { AppError, type WholeAnswer } from '@mlab/kernel';
import { CallFailure, classify } from '#/domain/call-failure.ts';

/**
 * An answer of a model, or its refusal: what a client has asked wrongly is his to hear, and says that the copy works. All else is thrown,
 * for the upstream to count and perhaps to ask another copy.
 */
export async function settled<T>(asking: Promise<T>): Promise<() => T> {
  try {
    const answer = await asking;
    return () => answer;
  } catch (error) {
    if (!isRefusal(error)) throw AppError.is(error, 'unavailable') ? told(error) : error;
    return () => {
      throw error;
    };
  }
}

/** Not done here is not done elsewhere, however often it is asked for. */
const isRefusal = (error: unknown): boolean => AppError.is(error, 'not_implemented') || classify(error)?.kind === 'client_error';

/** 503 is said on purpose, and of one model perhaps: its sentence is for who asked. */
function told(error: AppError): Error {
  const failure = classify(error);
  if (failure?.kind !== 'status' || failure.status !== 503) return error;
  return new CallFailure('status', {
    cause: error,
    status: 503,
    retryAfter: error.retryAfter,
    reason: `it answered 503: ${sentence(error.message)}`,
  });
}

/** The same for an answer of the Open Inference Protocol, which is one whatever its status. */
export function judged(answer: WholeAnswer): WholeAnswer {
  const { status, headers = {} } = answer;
  if (status < 500 || status === 501) return answer;
  const retryAfter = Number(headers['retry-after']);
  throw new CallFailure('status', {
    status,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    ...(status === 503 ? { reason: `it answered 503: ${sentence(errorOf(answer.body))}` } : {}),
  });
}

const MAX_BYTES = 4096;
const MAX_SENTENCE = 300;

function errorOf(body: Uint8Array): string {
  if (body.byteLength > MAX_BYTES) return '';
  try {
    const { error, detail = error } = JSON.parse(new TextDecoder().decode(body)) as { readonly error?: unknown; readonly detail?: unknown };
    return typeof detail === 'string' ? detail : '';
  } catch {
    return '';
  }
}

const sentence = (text: string): string => (text === '' ? 'it does not say why' : text.replace(/\.$/, '').slice(0, MAX_SENTENCE));
