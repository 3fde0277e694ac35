import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { FORWARDED_HOST_HEADER, FORWARDED_PROTO_HEADER } from '#/http/headers.ts';

/** Where the client sees this service: what a gateway says, else what the request itself says. Good for links back to the same client only. */
export function originOf({ headers, socket }: IncomingMessage): string {
  const host = first(headers[FORWARDED_HOST_HEADER]) ?? headers.host ?? 'localhost';
  const proto = first(headers[FORWARDED_PROTO_HEADER]) ?? (socket instanceof TLSSocket ? 'https' : 'http');
  return `${proto === 'https' ? 'https' : 'http'}://${host}`;
}

const first = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? /^[\w.:[\]-]{1,255}/.exec(header)?.[0] : undefined;
