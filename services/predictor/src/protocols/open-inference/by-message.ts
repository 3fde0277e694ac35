import type { openInference } from '@mlab/contracts/open-inference';
import { AppError, foreignRequest, type CallMeta, type ForeignAnswer, type Spoken } from '@mlab/kernel';

/** A question as it would have come over HTTP. */
export interface InferMessage {
  readonly model: string;
  readonly version?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface InferredMessage {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type InferByMessage = (asked: InferMessage, call: CallMeta) => Promise<InferredMessage>;

/**
 * Answers questions that come in messages and not over HTTP, with the same bytes. An error is an answer as well, in the words of the
 * protocol: whoever asked decides whether it is worth asking again.
 */
export function inferByMessage({ handlers, renderError }: Spoken<typeof openInference>): InferByMessage {
  return async (asked, call) => {
    const { model, version, headers, body } = asked;
    const params = { model, ...(version === undefined ? {} : { version }) };
    const request = foreignRequest({ method: 'POST', params, query: '', headers, body });
    try {
      return await described(await (version === undefined ? handlers.modelInfer : handlers.versionInfer)(request, call));
    } catch (error) {
      // Nobody waits for words any more.
      if (call.signal.aborted) throw error;
      const told = AppError.from(error);
      const { status, contentType, body: words } = renderError(told);
      const wait = told.retryAfter === undefined ? undefined : { 'retry-after': String(Math.ceil(told.retryAfter)) };
      return { status, contentType, headers: wait ?? {}, body: Buffer.from(words) };
    }
  };
}

async function described({ status, contentType, headers = {}, body }: ForeignAnswer): Promise<InferredMessage> {
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (typeof body === 'string') return { status, contentType, headers: named, body: Buffer.from(body) };
  return { status, contentType, headers: named, body: body instanceof Uint8Array ? body : Buffer.concat(await Array.fromAsync(body)) };
}
