import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectH2, type ClientHttp2Session, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { AppError, defineContract, defineService, grpcMethod, implement, schema, type CallMeta } from '@mlab/kernel';
import { Health } from '@mlab/protos/health';
import { PredictorService, PredictRequestSchema } from '@mlab/protos/predictor';
import { Type } from '@mlab/schema';
import { plainTracer } from '@mlab/telemetry';
import { openGrpcTransport } from '../src/grpc/client.ts';

export const ANSWERS = 'mlab.predictor.v1.PredictorService';

const told = grpcMethod({ summary: 'Answers', scope: 'sample:ask', timeoutMs: 500, maxMessageBytes: 100_000 });

/** A service that answers over gRPC as a test wants it. */
export const sample = defineContract({
  name: 'sample',
  title: 'Sample',
  label: 'Sample',
  description: 'Answers.',
  port: 8990,
  wire: 'problem',
  operations: {},
  grpc: {
    port: 9990,
    services: { [ANSWERS]: { Predict: told, PredictRows: { ...told, callers: ['reader'] }, ExplainRows: told, Infer: told } },
  },
});

type Answer = (input: string, call: CallMeta) => Promise<string> | string;

/** Answers by `answer`, which gets the text of the question. */
export const sampleOf = (answer: Answer, checks: () => boolean = () => true) =>
  defineService({
    contract: sample,
    needs: {},
    config: schema(Type.Object({})),
    start: () => ({
      handlers: {},
      checks: () => [{ name: 'sample', ok: checks(), required: true, detail: '' }],
      grpc: async () => [
        implement(PredictorService, {
          predict: async ({ input }, call) => ({ message: await answer(input, call) }),
          predictRows: (_, call) => ({ model: call.caller }),
          explainRows: () => ({}),
          infer: () => ({}),
        }),
      ],
    }),
  });

export function clientOf(url: string, caller = 'test', silenceMs?: number) {
  const limit = silenceMs === undefined ? {} : { silenceMs };
  const transport = openGrpcTransport({ callee: 'sample', label: 'Sample', url: () => url, caller, tracer: plainTracer, ...limit });
  return {
    connect: transport.connect,
    client: transport.client(PredictorService),
    health: transport.client(Health),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

export const refusal = (answer: Promise<unknown>): Promise<AppError> =>
  answer.then(
    () => assert.fail('it was answered'),
    (error: unknown) => {
      assert.ok(AppError.is(error), String(error));
      return error;
    },
  );

export interface RawAnswer {
  readonly http: number;
  readonly status: string | undefined;
  readonly message: string;
  readonly trailers: IncomingHttpHeaders;
}

export const framed = (message: Uint8Array, { length = message.length, compressed = 0 } = {}): Buffer => {
  const frame = Buffer.alloc(5 + message.length);
  frame[0] = compressed;
  frame.writeUInt32BE(length, 1);
  frame.set(message, 5);
  return frame;
};
export const question = (input: string): Uint8Array => toBinary(PredictRequestSchema, create(PredictRequestSchema, { input }));

export async function send(session: ClientHttp2Session, body: Buffer | undefined, headers: OutgoingHttpHeaders = {}): Promise<RawAnswer> {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/${ANSWERS}/Predict`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let found: IncomingHttpHeaders = {};
  let http = 0;
  stream.on('response', (head) => {
    http = Number(head[':status']);
    found = { ...found, ...head };
  });
  stream.on('trailers', (trailers) => (found = { ...found, ...trailers }));
  stream.on('error', () => {});
  stream.resume();
  if (body === undefined) stream.end();
  else stream.end(body);
  await once(stream, 'close');
  return {
    http,
    status: found['grpc-status'] as string | undefined,
    message: decodeURI(String(found['grpc-message'] ?? '')),
    trailers: found,
  };
}

export async function withSession<T>(url: string, use: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = connectH2(url);
  session.on('error', () => {});
  try {
    return await use(session);
  } finally {
    session.destroy();
  }
}
