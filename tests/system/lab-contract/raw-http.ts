import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
}

export interface RawResponse {
  readonly status: number;
  /** Names in lower case; of a repeated header the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Sends a request over a bare socket, so that method, path and headers arrive exactly as written: every HTTP client puts some of them
 * right first. `Host`, `Connection: close` and, with a body, `Content-Length` are added.
 */
export async function sendRaw(baseUrl: string, request: RawRequest): Promise<RawResponse> {
  const { hostname, port, host } = new URL(baseUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.setTimeout(15_000, () => socket.destroy(new Error(`${baseUrl} did not answer ${request.method} ${request.path} in time`)));
  const lines = [`${request.method} ${request.path} HTTP/1.1`, `Host: ${host}`, 'Connection: close'];
  for (const [name, value] of request.headers) lines.push(`${name}: ${value}`);
  if (request.body !== undefined) lines.push(`Content-Length: ${request.body.length}`);
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), request.body ?? Buffer.alloc(0)]));
  socket.setEncoding('latin1');
  // A server may refuse a body before it has read all of it; what it said until then counts.
  return parseResponse(await text(socket), request.method);
}

function parseResponse(message: string, method: string): RawResponse {
  const end = message.indexOf('\r\n\r\n');
  const [statusLine = '', ...fields] = message.slice(0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  if (end < 0 || !Number.isInteger(status)) throw new Error(`This is not an HTTP response: ${JSON.stringify(message.slice(0, 80))}`);
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  const rest = message.slice(end + 4);
  const isChunked = headers['transfer-encoding']?.toLowerCase() === 'chunked' && method !== 'HEAD';
  return { status, headers, body: Buffer.from(isChunked ? joinChunks(rest) : rest, 'latin1') };
}

function joinChunks(body: string): string {
  let joined = '';
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.slice(at, lineEnd), 16);
    if (lineEnd < 0 || Number.isNaN(size)) throw new Error('The response broke off inside its chunks.');
    if (size === 0) return joined;
    joined += body.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
