import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../cli-error.ts';

/** A server that is asked many things. */
export interface Asked {
  /** Without a `/` at the end. */
  readonly base: string;
  /** Sent to this server and to no other. */
  readonly authorization: string | undefined;
  /** Ends whatever is under way. */
  readonly signal: AbortSignal;
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly json?: unknown;
  /** Made anew for each attempt, for a stream is gone once it was sent. */
  readonly body?: () => AsyncIterable<Uint8Array>;
  readonly contentType?: string;
  /** How often it is tried; default 5. */
  readonly attempts?: number;
}

/** An answer that is none. */
export class HttpError extends Error {
  readonly status: number;
  /** MLflow's word, or ours. */
  readonly code: string;
  /** The answer itself, where it is JSON. */
  readonly fields: Fields;

  constructor(message: string, status: number, code: string, fields: Fields = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

const ATTEMPTS = 5;
/** Answers that may be another one in a moment. */
const AGAIN = new Set([408, 429, 502, 503, 504]);
/** A server that is silent for so long has gone, in milliseconds. */
const SILENT_MS = 60_000;
const MAX_REDIRECTS = 5;
const MAX_WAIT_MS = 30_000;

/** Asks until there is an answer that means something; throws an HttpError for one that is a refusal. Everything asked here may be asked twice. */
export async function ask(server: Asked, path: string, question: Question = {}): Promise<Response> {
  const { attempts = ATTEMPTS } = question;
  for (let attempt = 1; ; attempt++) {
    let wait = 250 * 2 ** attempt * (0.5 + Math.random() / 2);
    try {
      const answer = await follow(server, server.base + path, question);
      if (answer.ok) return answer;
      const error = await refusal(answer, path);
      if (!AGAIN.has(answer.status) || attempt === attempts) throw error;
      wait = Math.max(wait, Number(answer.headers.get('retry-after') ?? 0) * 1000 || 0);
    } catch (error) {
      server.signal.throwIfAborted();
      if (error instanceof HttpError) throw error;
      if (attempt === attempts) throw new HttpError(`${server.base} does not answer: ${reasonOf(error)}`, 0, 'unreachable');
    }
    await delay(Math.min(wait, MAX_WAIT_MS), undefined, { signal: server.signal });
  }
}

export async function askJson(server: Asked, path: string, question: Question = {}): Promise<Fields> {
  const answer = await ask(server, path, question);
  const text = await answer.text();
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value as Fields;
  } catch {
    // Told below.
  }
  throw new HttpError(`${server.base}${path.split('?')[0] ?? ''} answers with something that is not JSON`, answer.status, 'unreadable');
}

/** What another server has answered: nothing of it is believed before it was looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** Follows redirects by itself: what proves who asks goes nowhere but to where it is meant for. */
async function follow(server: Asked, first: string, question: Question): Promise<Response> {
  const { method = 'GET', json, body, contentType } = question;
  const home = new URL(first).origin;
  let url = new URL(first);
  for (let redirects = 0; ; redirects++) {
    const headers = new Headers({ accept: 'application/json, */*', 'accept-encoding': 'identity' });
    if (server.authorization !== undefined && url.origin === home) headers.set('authorization', server.authorization);
    if (json !== undefined) headers.set('content-type', 'application/json');
    else if (contentType !== undefined) headers.set('content-type', contentType);
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${SILENT_MS / 1000} s`)), SILENT_MS);
    // A body is sent as fast as it is taken: what counts is that something moves.
    const sent = json === undefined ? body && watched(body(), () => timer.refresh()) : JSON.stringify(json);
    const init = { method, headers, redirect: 'manual', body: sent ?? null, signal: AbortSignal.any([server.signal, silence.signal]) };
    const answer = await fetch(url, { ...init, ...(typeof sent === 'object' ? { duplex: 'half' } : {}) } as RequestInit).finally(() =>
      clearTimeout(timer),
    );
    const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null;
    if (location === null) return answer;
    await answer.body?.cancel();
    if (redirects === MAX_REDIRECTS || method !== 'GET') throw new HttpError(`${first} leads on to ${location}`, answer.status, 'redirect');
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol)) throw new HttpError(`${first} leads on to ${location}`, answer.status, 'redirect');
    url = next;
  }
}

async function* watched(body: AsyncIterable<Uint8Array>, moved: () => void): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of body) {
    moved();
    yield chunk;
  }
}

/** The bytes of an answer; a server that falls silent in the middle has gone. */
export async function* bytesOf(answer: Response): AsyncGenerator<Uint8Array, void, void> {
  if (answer.body === null) return;
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing came for ${SILENT_MS / 1000} s`)), SILENT_MS);
      });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function refusal(answer: Response, path: string): Promise<HttpError> {
  const text = (await answer.text().catch(() => '')).slice(0, 10_000);
  let fields: Fields = {};
  try {
    fields = (JSON.parse(text) ?? {}) as Fields;
  } catch {
    // A page, or nothing.
  }
  const said = fields['message'] ?? fields['detail'];
  const code = fields['error_code'] ?? fields['code'];
  const message = typeof said === 'string' && said !== '' ? said : `${path.split('?')[0] ?? ''} was answered with ${answer.status}`;
  return new HttpError(message, answer.status, typeof code === 'string' ? code : String(answer.status), fields);
}

function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: { readonly code?: string; readonly message?: string } };
  return cause?.code ?? cause?.message ?? messageOf(error);
}
