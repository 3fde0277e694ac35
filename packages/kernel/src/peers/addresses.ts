import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Where one copy of a neighbour listens. */
export interface Address {
  readonly id: string;
  readonly base: URL;
  /** The IP address to connect to; absent where the host part of `base` is to be used as it is. */
  readonly address?: string;
}

export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** All addresses of a name, of one family only: a host with IPv4 and IPv6 is one copy, not two. */
export const resolveByDns: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true, verbatim: true });
  const v4 = found.filter(({ family }) => family === 4);
  return (v4.length > 0 ? v4 : found).map(({ address }) => address);
};

/** Splits a list of URLs (separated by commas or spaces). Throws a sentence that names `setting` when one of them is none. */
export function parseBases(setting: string, list: string, operationPaths: readonly string[]): readonly URL[] {
  const parts = list.split(/[\s,]+/).filter((part) => part !== '');
  if (parts.length === 0) throw new Error(`${setting} is empty; it takes one or more URLs such as http://localhost:8001.`);
  return parts.map((part) => {
    const url = URL.canParse(part) ? new URL(part) : undefined;
    if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new Error(`${setting} has "${part}", which is not a URL such as http://localhost:8001.`);
    }
    // The lab has always named the URL of the operation; the service stands above it.
    const operation = operationPaths.find((path) => url.pathname.endsWith(path));
    if (operation !== undefined) url.pathname = url.pathname.slice(0, -operation.length);
    url.search = '';
    url.hash = '';
    return url;
  });
}

/** A fixed host is one address for ever. `localhost` is fixed too: its IPv4 and IPv6 addresses are the same machine. */
export function isFixed(base: URL): boolean {
  return base.hostname === 'localhost' || isIP(base.hostname.replace(/^\[|\]$/g, '')) !== 0;
}

export const fixedAddress = (base: URL): Address => ({ id: base.host, base });

export const resolvedAddress = (base: URL, address: string): Address => ({
  id: `${isIP(address) === 6 ? `[${address}]` : address}${base.port === '' ? '' : `:${base.port}`}`,
  base,
  address,
});
