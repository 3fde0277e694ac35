import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as lookUp } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { AppError } from '@mlab/kernel/errors';
import { Agent, request } from 'undici';
import { isPublicAddress } from '#/public-address.ts';

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export interface OutboundOptions {
  /** Whether addresses of this machine and of its network may be asked, and without TLS. */
  readonly allowPrivate: boolean;
  /** For the whole exchange, in milliseconds. */
  readonly timeoutMs: number;
  /** How much of an answer is read; the rest is left unread. */
  readonly maxAnswerBytes: number;
  /** Default: as this machine resolves names. */
  readonly resolve?: Resolve;
}

export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal?: AbortSignal;
}

export interface OutboundResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Its beginning. */
  readonly body: string;
}

/** Requests to addresses that come from users. */
export interface Outbound extends AsyncDisposable {
  /** Throws a sentence when the URL may not be asked; also when its name has no address, or one that is not public. */
  check(url: string): Promise<void>;
  /** Follows no redirects. Rejects with a sentence when there is no answer. */
  post(request: OutboundRequest): Promise<OutboundResponse>;
}

/**
 * What a name means is looked at when the connection is made, and the connection goes to the addresses that were looked at: a name that
 * changes its meaning in between leads nowhere.
 */
export function openOutbound({ allowPrivate, timeoutMs, maxAnswerBytes, resolve = resolveName }: OutboundOptions): Outbound {
  const allowed = async (name: string): Promise<readonly LookupAddress[]> => {
    const addresses = await resolve(name);
    const hidden = allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
    if (hidden !== undefined) throw refused(name, hidden.address);
    if (addresses.length === 0) throw new AppError('invalid', `The name ${name} has no address.`);
    return addresses;
  };

  const lookup: LookupFunction = (name, options, tell) => {
    allowed(name).then(
      (addresses) => answerLookup(addresses, options, tell as Tell),
      (error: unknown) => (tell as Tell)(error as Error, ''),
    );
  };
  const agent = new Agent({
    connect: { timeout: timeoutMs, lookup },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: 1000,
  });

  return {
    check: async (text) => {
      const { hostname } = checkUrl(text, allowPrivate);
      if (isIP(bare(hostname)) !== 0) return;
      await allowed(hostname).catch((error: unknown) => {
        throw AppError.is(error) ? error : new AppError('invalid', `The name ${hostname} cannot be resolved.`, { cause: error });
      });
    },
    post: async ({ url, headers, body, signal }) => {
      const target = checkUrl(url, allowPrivate);
      const signals = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])];
      try {
        const answer = await request(target, { method: 'POST', headers, body, dispatcher: agent, signal: AbortSignal.any(signals) });
        return { status: answer.statusCode, headers: answer.headers, body: await beginning(answer.body, maxAnswerBytes) };
      } catch (error) {
        throw AppError.is(error) ? error : new AppError('unavailable', explain(error, timeoutMs), { cause: error });
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

/** Checks what can be told from a URL alone. Its parser has made all spellings of an IPv4 address one. */
function checkUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') throw new AppError('invalid', `The URL ${shorten(text)} has no host, or is none.`);
  const schemes = allowPrivate ? ['https:', 'http:'] : ['https:'];
  if (!schemes.includes(url.protocol)) {
    const list = schemes.map((scheme) => scheme.slice(0, -1)).join(', ');
    throw new AppError('invalid', `The URL ${shorten(text)} begins with ${url.protocol.slice(0, -1)}; allowed is ${list}.`);
  }
  if (url.username !== '' || url.password !== '') throw new AppError('invalid', 'The URL holds a name or a password, which it must not.');
  const host = bare(url.hostname);
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw refused(url.hostname, host);
  return url;
}

const bare = (hostname: string): string => (hostname.startsWith('[') ? hostname.slice(1, -1) : hostname);

const refused = (name: string, address: string): AppError =>
  new AppError(
    'invalid',
    bare(name) === address ? `The address ${address} is not public.` : `The name ${name} leads to ${address}, which is not public.`,
  );

const resolveName: Resolve = (name) => lookUp(name, { all: true, verbatim: true });

type Tell = (error: Error | null, found: string | readonly LookupAddress[], family?: number) => void;

function answerLookup(addresses: readonly LookupAddress[], { all, family }: LookupOptions, tell: Tell): void {
  const wanted = family === 4 || family === 6 ? addresses.filter((found) => found.family === family) : addresses;
  const [first] = wanted;
  if (first === undefined) tell(new Error('The name has no address of this kind.'), '');
  else if (all === true) tell(null, wanted);
  else tell(null, first.address, first.family);
}

async function beginning(body: AsyncIterable<Uint8Array> & { destroy(): unknown }, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}

function explain(error: unknown, timeoutMs: number): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TimeoutError' || /Timeout/.test(name)) return `It did not answer within ${timeoutMs} ms.`;
  const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined)?.message : undefined;
  return `It cannot be reached: ${message || inner || name}.`;
}

const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
