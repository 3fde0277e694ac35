import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes exactly as they are, and reads until the other side closes: the request must ask it to. */
export async function sendBytes(url: string, bytes: string, tls?: ConnectionOptions): Promise<RawAnswer> {
  const socket = await open(url, tls);
  socket.write(bytes);
  const received = await text(socket).catch(() => '');
  const [head = '', body = ''] = received.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1] ?? 0), head, body };
}

/** An ordinary request with the given headers, and nothing but them. */
export function sendRequest(url: string, target: string, headers: readonly string[], tls?: ConnectionOptions): Promise<RawAnswer> {
  const body = target.startsWith('POST') ? '{}' : '';
  const lines = [`${target} HTTP/1.1`, ...headers, 'Connection: close'];
  if (body !== '') lines.push('Content-Type: application/json', `Content-Length: ${body.length}`);
  return sendBytes(url, `${lines.join('\r\n')}\r\n\r\n${body}`, tls);
}

async function open(url: string, tls: ConnectionOptions | undefined): Promise<Socket> {
  const { hostname, port, protocol } = new URL(url);
  const socket =
    protocol === 'https:' && tls !== undefined
      ? connectTls({ host: hostname, port: Number(port), ...tls })
      : connect({ host: hostname, port: Number(port) });
  await once(socket, protocol === 'https:' && tls !== undefined ? 'secureConnect' : 'connect');
  return socket;
}
