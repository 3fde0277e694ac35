import { openInference } from '@mlab/contracts/open-inference';
import { predictor } from '@mlab/contracts/predictor';
import {
  AppError,
  defineService,
  schema,
  STATUS,
  type AnyService,
  type ForeignRequest,
  type HandlersOf,
  type RouteHandlers,
  type Spoken,
} from '@mlab/kernel';
import { Type } from '@mlab/schema';

type Answers = Partial<HandlersOf<typeof predictor>> & { readonly speak?: Partial<RouteHandlers<typeof openInference.routes>> };

/** In Service B's place, for what is asked of models: what is not said here it does not have. */
export function serviceB({ speak = {}, ...answers }: Answers): AnyService {
  const { queues: _queues, grpc: _grpc, ...contract } = predictor;
  const missing = (): never => {
    throw new AppError('not_found', 'Not here.');
  };
  const all = <T>(names: object, own: Partial<T>): T =>
    Object.fromEntries(Object.keys(names).map((name) => [name, (own as Record<string, unknown>)[name] ?? missing])) as T;
  const spoken: Spoken<typeof openInference> = {
    handlers: all(openInference.routes, speak),
    renderError: ({ code, message }) => ({
      status: STATUS[code],
      contentType: 'application/json',
      body: JSON.stringify({ error: message }),
    }),
  };
  return defineService({
    contract,
    needs: {},
    config: schema(Type.Object({})),
    start: () => ({ handlers: all<HandlersOf<typeof predictor>>(predictor.operations, answers), protocols: { openInference: spoken } }),
  });
}

/** Says of a question what the bytes were and how they were described, as a model's answer in JSON or in bytes. */
export function mirror({ headers, body, params }: ForeignRequest) {
  const asked = {
    type: headers['content-type'] ?? null,
    length: headers['inference-header-content-length'] ?? null,
    encoding: headers['content-encoding'] ?? null,
  };
  const head = Buffer.from(
    JSON.stringify({
      model_name: params['model'],
      model_version: params['version'] ?? '3',
      parameters: { asked: JSON.stringify(asked) },
      outputs: [{ name: 'label', datatype: 'BYTES', shape: [1], data: ['cat'] }],
    }),
  );
  if (headers['inference-header-content-length'] === undefined) return { status: 200, contentType: 'application/json', body: head };
  return {
    status: 200,
    contentType: 'application/octet-stream',
    headers: { 'Inference-Header-Content-Length': String(head.length) },
    body: Buffer.concat([head, body]),
  };
}
