import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '#/errors.ts';
import type { Wire } from '#/http/wire.ts';

const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['too_large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['timed_out', 'The request took too long to arrive.'],
};

/** Answers what cannot even be read as HTTP: in the service's own words, then the connection is closed. */
export function answerUnreadable(wire: Wire, error: Error & { code?: string }, socket: Socket, observe: (status: number) => void): void {
  // Where no TLS came about, there is nobody to talk to.
  if (error.code === 'ECONNRESET' || /^ERR_(SSL|TLS)/.test(error.code ?? '') || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, message] = CODES[error.code ?? ''] ?? ['malformed', 'This is not HTTP that can be read.'];
  const { status, contentType, body } = wire.renderError(new AppError(code, message));
  observe(status);
  const head = `HTTP/1.1 ${status} ${code}\r\ncontent-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}
