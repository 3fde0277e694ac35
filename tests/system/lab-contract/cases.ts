import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sendRaw, type RawResponse } from './raw-http.ts';

/** A body as text, as bytes, or as a long repetition that nobody wants to read in a file. */
export type Body =
  | string
  | { readonly base64: string }
  | { readonly before: string; readonly repeat: string; readonly times: number; readonly after: string };

/** `a-without-b` is Service A with a Service B that nobody can reach. */
export type Service = 'a' | 'b' | 'a-without-b';

export interface LabRequest {
  readonly name: string;
  readonly service: Service;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Body;
}

/** An answer reduced to what is compared: see `reduce`. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Entry extends LabRequest {
  /** What the FastAPI original answered. */
  readonly recorded: Answer;
  /** What we answer instead; without a body, any will do. */
  readonly ours?: Answer;
  /** Why we differ. */
  readonly why?: string;
}

export const readEntries = (): readonly Entry[] =>
  parseWithBigIntegers(readFileSync(new URL('recorded.json', import.meta.url), 'utf8')) as Entry[];

/** The bytes of a request's body. */
function bytesOf(body: Body): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if ('base64' in body) return Buffer.from(body.base64, 'base64');
  return Buffer.from(body.before + body.repeat.repeat(body.times) + body.after);
}

/** Sends the request of an entry to a server. */
export async function play(request: LabRequest, baseUrl: string): Promise<Answer> {
  const { method, path, headers, body } = request;
  const response = await sendRaw(baseUrl, { method, path, headers, body: body === undefined ? undefined : bytesOf(body) });
  return reduce(response, baseUrl);
}

/** Fails when an answer is not the one that the entry asks for. */
export function expectSame(entry: Entry, response: Answer): void {
  const place = `${entry.service} ${entry.method} ${entry.path}: ${entry.name}`;
  if (entry.ours === undefined) {
    assert.deepEqual(response, entry.recorded, place);
    return;
  }
  assert.equal(response.status, entry.ours.status, place);
  if (entry.ours.headers) assert.deepEqual(response.headers, entry.ours.headers, place);
  if (entry.ours.body !== undefined) assert.deepEqual(response.body, entry.ours.body, place);
}

/**
 * An answer without what may differ: of the headers only those that say something, with the server's address taken out; the drawn
 * prediction and the reason why B cannot be reached as markers, when they are of the right kind; pages and descriptions by kind only.
 */
function reduce(response: RawResponse, baseUrl: string): Answer {
  const headers: Record<string, string> = {};
  const { 'content-type': type, allow, location } = response.headers;
  if (type !== undefined) headers['content-type'] = type.replaceAll(' ', '').toLowerCase();
  if (allow !== undefined)
    headers['allow'] = allow
      .split(',')
      .map((method) => method.trim())
      .toSorted()
      .join(', ');
  if (location !== undefined) headers['location'] = location.replace(baseUrl, '{base}');
  const answer = { status: response.status, headers };
  return response.body.length === 0 ? answer : { ...answer, body: reduceBody(response.body.toString('utf8'), type ?? '') };
}

function reduceBody(body: string, type: string): unknown {
  if (type.startsWith('text/html')) return '{html}';
  if (!type.startsWith('application/json')) return body;
  const value = parseWithBigIntegers(body);
  if (!isRecord(value)) return value;
  if ('openapi' in value) return '{openapi}';
  if ('model_prediction' in value) return { ...value, model_prediction: withoutChance(value['model_prediction']) };
  if ('detail' in value) return { ...value, detail: withoutReason(value['detail']) };
  return withoutChance(value);
}

const CLASSES = ['cat', 'dog', 'bird', 'fish', 'rabbit'];

function withoutChance(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value['prediction'])) return value;
  const { class: drawn, confidence } = value['prediction'];
  const isDrawn = CLASSES.includes(drawn as string) && typeof confidence === 'number' && /^0\.[7-9][0-9]?$/.test(String(confidence));
  if (!isDrawn || value['message'] !== `Predicted class: ${String(drawn)} with ${(confidence * 100).toFixed(1)}% confidence`) return value;
  return { ...value, prediction: { ...value['prediction'], class: '{class}', confidence: '{confidence}' }, message: '{message}' };
}

/** The reason must be there, and must not give away addresses or stacks. */
function withoutReason(detail: unknown): unknown {
  const lead = 'Service B is unavailable: ';
  if (typeof detail !== 'string' || !detail.startsWith(lead)) return detail;
  const reason = detail.slice(lead.length);
  return reason === '' || /\n|localhost|:\d|\d\.\d|https?:/.test(reason) ? detail : `${lead}{reason}`;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON whose long integers are not rounded, because the original echoes every digit. */
export function parseWithBigIntegers(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    return typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value;
  });
}
