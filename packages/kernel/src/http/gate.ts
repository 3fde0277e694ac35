import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { printable } from '@mlab/telemetry';
import { AppError } from '#/errors.ts';
import type { HttpSettings } from '#/http/settings.ts';
import { isLoopback } from '#/identity/loopback.ts';

/** Says why a request may not come in at all, or nothing when it may. */
export type Gate = (request: IncomingMessage) => AppError | undefined;

/** Hosts that were let in once: few in honest use, and never more than this. */
const MAX_KNOWN = 64;

const AUTHORITY = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})(?::\d{1,5})?$/;

/**
 * Keeps the web pages of others out. A page elsewhere may let its own name resolve to this machine (DNS rebinding): its requests
 * then name that page's host in `Host`. Or it may send requests to us as they are: those name the page in `Origin`.
 * Only browsers send `Origin`, so programs notice nothing of this. `secure`: whether the server speaks TLS.
 */
export function openGate({ listen, allowedHosts, allowedOrigins }: HttpSettings, secure: boolean): Gate {
  const hosts = new Set(listOf(allowedHosts).map(allowedHost));
  const origins = new Set(listOf(allowedOrigins).map(allowedOrigin));
  const checksHost = isLoopback(listen) || hosts.size > 0;
  const known = new Set<string>();

  const hostFault = (authority: string, localAddress: string | undefined): AppError | undefined => {
    if (known.has(authority)) return undefined;
    const name = nameOf(authority);
    if (name === undefined)
      return new AppError('malformed', `The host "${printable(authority, 100)}" is not a name or address with or without a port.`);
    const allowed =
      !checksHost || isLoopback(name) || hosts.has(name) || hosts.has(authority.toLowerCase()) || isOwnAddress(name, localAddress);
    if (!allowed)
      return new AppError(
        'forbidden',
        `This service does not answer as "${printable(name, 100)}"; MLAB_HTTP_ALLOWED_HOSTS names the hosts that it answers as.`,
      );
    if (known.size >= MAX_KNOWN) known.clear();
    known.add(authority);
    return undefined;
  };

  return (request) => {
    const { headers, rawHeaders, url = '/', httpVersion, socket } = request;
    const { host, origin } = headers;
    let authority = host;
    if (host === undefined || host === '') {
      // No browser leaves it out, so no page of others can hide behind this.
      if (httpVersion !== '1.0') return new AppError('malformed', 'The Host header is missing.');
    } else {
      if (isRepeated('host', rawHeaders)) return new AppError('malformed', 'The Host header is there more than once.');
      const fault = hostFault(host, socket.localAddress);
      if (fault !== undefined) return fault;
    }
    if (!url.startsWith('/')) {
      // A target with a host of its own (`GET http://host/path`) overrules the Host header: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
      const target = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
      if (target !== undefined) {
        const fault = hostFault(target, socket.localAddress);
        if (fault !== undefined) return fault;
        authority = target;
      }
    }
    if (origin === undefined || origins.has(origin)) return undefined;
    // A proxy in front of us may end the TLS, so that a page's https is our http; the other way there is no honest case.
    if (authority !== undefined && (origin === `https://${authority}` || (!secure && origin === `http://${authority}`))) return undefined;
    return new AppError(
      'forbidden',
      `Pages of ${printable(origin, 100)} may not use this service; MLAB_HTTP_ALLOWED_ORIGINS names those that may.`,
    );
  };
}

/** The host of `host:port`, in lower case and without the dot that ends a full name. */
function nameOf(authority: string): string | undefined {
  return AUTHORITY.exec(authority.toLowerCase())?.[1]?.replace(/\.$/, '');
}

/** An address cannot be rebound, and the one that a request came to is surely ours. */
function isOwnAddress(name: string, localAddress: string | undefined): boolean {
  const address = name.startsWith('[') ? name.slice(1, -1) : name;
  return isIP(address) !== 0 && address === localAddress?.replace(/^::ffff:/, '');
}

function isRepeated(name: string, rawHeaders: readonly string[]): boolean {
  let times = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] as string;
    if (header.length === name.length && header.toLowerCase() === name) times++;
  }
  return times > 1;
}

const listOf = (list: string): readonly string[] => list.split(/[\s,]+/).filter((part) => part !== '');

function allowedHost(text: string): string {
  const host = text.toLowerCase();
  if (!AUTHORITY.test(host))
    throw new Error(`MLAB_HTTP_ALLOWED_HOSTS has "${text}"; it takes names or addresses such as lab.example.org, with a port or without.`);
  return host;
}

function allowedOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.origin === 'null' || url.href !== `${url.origin}/`) {
    throw new Error(`MLAB_HTTP_ALLOWED_ORIGINS has "${text}"; it takes origins such as https://lab.example.org.`);
  }
  return url.origin;
}
