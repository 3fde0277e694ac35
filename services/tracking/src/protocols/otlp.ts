import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import type { traceRoutes } from '@mlab/contracts/mlflow-traces';
import { AppError, type ForeignAnswer, type ForeignRequest, type RouteHandlers, STATUS } from '@mlab/kernel';
import { readJson } from '#/domain/otlp/read-json.ts';
import { readProtobuf } from '#/domain/otlp/read-protobuf.ts';
import type { ReceivedSpan } from '#/domain/otlp/received-span.ts';
import type { SpanIntake } from '#/traces/span-intake.ts';

/** What a body may become when it is no longer compressed, in bytes. JSON takes some ten times its size to be read. */
const MAX_PROTOBUF = 67_108_864;
const MAX_JSON = 16_777_216;

/** `ExportTraceServiceResponse` without a field: all was kept. */
const KEPT: ForeignAnswer = { status: 200, contentType: 'application/x-protobuf', body: Buffer.alloc(0) };

/** Spans of any OpenTelemetry exporter, answered as MLflow does (`mlflow/server/otel_api.py`). */
export const otlpHandlers = (intake: SpanIntake): RouteHandlers<Pick<typeof traceRoutes, 'exportSpans'>> => ({
  exportSpans: async (request, call) => {
    const experimentId = request.headers['x-mlflow-experiment-id'];
    const runId = request.headers['x-mlflow-run-id'];
    if (typeof experimentId !== 'string') return NO_EXPERIMENT;
    try {
      const spans = await readSpans(request);
      await intake.keep(call, { experimentId, runId: typeof runId === 'string' ? runId : undefined, spans });
      return KEPT;
    } catch (error) {
      // What has a word of MLflow is said in MLflow's form, by who renders all its errors.
      if (AppError.is(error) && error.reason === undefined && error.code in DETAILS)
        return refused(DETAILS[error.code] ?? 400, error.message);
      throw error;
    }
  },
});

/** A span that can be read and not be kept is not a matter of syntax. */
const DETAILS: Readonly<Record<string, number>> = { malformed: STATUS.malformed, invalid: 422, too_large: STATUS.too_large };

async function readSpans(request: ForeignRequest): Promise<readonly ReceivedSpan[]> {
  const type = request.contentType?.split(';', 1)[0]?.trim().toLowerCase();
  const isJson = type === 'application/json';
  if (!isJson && type !== 'application/x-protobuf') {
    const came = (request.contentType ?? 'None').slice(0, 100);
    throw new AppError('malformed', `Invalid Content-Type: ${came}. Expected: application/x-protobuf or application/json`);
  }
  const body = await decompressed(request, isJson ? MAX_JSON : MAX_PROTOBUF);
  if (isJson && !isUtf8(body)) throw new AppError('malformed', 'Invalid OpenTelemetry format: the body is not UTF-8.');
  const spans = isJson ? readJson(body.toString('utf8')) : readProtobuf(body);
  if (spans === undefined) throw new AppError('malformed', 'Invalid OpenTelemetry format - no spans found');
  return spans;
}

const unzip = { gzip: promisify(gunzip), zlib: promisify(inflate), raw: promisify(inflateRaw) };

async function decompressed({ body, headers }: ForeignRequest, limit: number): Promise<Buffer> {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  const options = { maxOutputLength: limit };
  try {
    switch (encoding) {
      case '':
      case 'identity':
        if (body.length > limit) throw tooLarge(limit);
        return body;
      case 'gzip':
        return await unzip.gzip(body, options);
      case 'deflate':
        // Some clients send it without the two bytes of zlib before it.
        return await unzip.zlib(body, options).catch((error: unknown) => {
          if (isTooLarge(error)) throw error;
          return unzip.raw(body, options);
        });
      default:
        throw new AppError('malformed', `Unsupported Content-Encoding: ${encoding.slice(0, 100)}`);
    }
  } catch (error) {
    if (AppError.is(error)) throw error;
    throw isTooLarge(error) ? tooLarge(limit) : new AppError('malformed', `Failed to decompress ${encoding} payload`);
  }
}

const isTooLarge = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

const tooLarge = (limit: number): AppError => new AppError('too_large', `The spans of one request have at most ${limit} bytes.`);

const refused = (status: number, detail: unknown): ForeignAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify({ detail }),
});

/** In FastAPI's words, which are MLflow's here. */
const NO_EXPERIMENT = refused(422, [{ type: 'missing', loc: ['header', 'x-mlflow-experiment-id'], msg: 'Field required', input: null }]);
