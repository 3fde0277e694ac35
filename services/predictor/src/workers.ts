import type { openInference } from '@mlab/contracts/open-inference';
import type { predictor } from '@mlab/contracts/predictor';
import type { InferenceAnswer, InferenceQuestion } from '@mlab/contracts/predictor-inferences';
import { AppError, type CallMeta, type ForeignAnswer, type HandlersOf, type Spoken, type WorkersOf } from '@mlab/kernel';

/** What comes through the queues is answered by those who answer over HTTP. */
export function workers(
  { predict, predictRows, explainRows }: HandlersOf<typeof predictor>,
  protocol: Spoken<typeof openInference>,
): WorkersOf<typeof predictor> {
  return {
    predictions: async ({ data }, { call }) => predict(data, call),
    rowPredictions: async ({ data }, { call }) => predictRows(data, call),
    rowExplanations: async ({ data }, { call }) => explainRows(data, call),
    inferences: async ({ data }, { call }) => inferred(protocol, data, call),
  };
}

/** An error is an answer as well, in the words of the protocol: whoever asked decides whether it is worth asking again. */
async function inferred(
  { handlers, renderError }: Spoken<typeof openInference>,
  asked: InferenceQuestion,
  call: CallMeta,
): Promise<InferenceAnswer> {
  const { model, version, headers, base64 } = asked;
  const body = Buffer.from(base64, 'base64');
  const request = {
    method: 'POST',
    params: { model, ...(version === undefined ? {} : { version }) },
    query: '',
    headers,
    contentType: headers['content-type'],
    body,
    stream: (async function* () {
      yield body;
    })(),
    origin: 'http://localhost',
  };
  try {
    return await packed(await (version === undefined ? handlers.modelInfer : handlers.versionInfer)(request, call));
  } catch (error) {
    // Nobody waits any more: the message is done with.
    if (call.signal.aborted) throw error;
    const told = AppError.from(error);
    const { status, contentType, body: words } = renderError(told);
    const wait: Record<string, string> = told.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(told.retryAfter)) };
    return { status, contentType, headers: wait, base64: Buffer.from(words).toString('base64') };
  }
}

async function packed({ status, contentType, headers = {}, body }: ForeignAnswer): Promise<InferenceAnswer> {
  const bytes =
    typeof body === 'string'
      ? Buffer.from(body)
      : body instanceof Uint8Array
        ? Buffer.from(body)
        : Buffer.concat(await Array.fromAsync(body));
  return {
    status,
    contentType,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    base64: bytes.toString('base64'),
  };
}
