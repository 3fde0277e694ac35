import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyOperation } from '#/contract.ts';
import type { Enter } from '#/http/door-route.ts';
import type { Params } from '#/http/exchange.ts';

const NO_PARAMS: Params = Object.freeze({});

/** URLs with parameters that are remembered: few models are asked again and again, and the rest may go by the router each time. */
const MAX_FOUND = 256;
const MAX_URL_LENGTH = 512;

interface Found {
  readonly enter: Enter;
  readonly params: Params;
}

/**
 * Doors by their whole URL, letter for letter. Nearly all requests are for a few URLs, and what the router makes of each request takes about
 * as long as to answer it. Nothing is decided otherwise here than there: a path without parameters goes before all that have some.
 */
export class DirectRoutes {
  readonly #byUrl = new Map<string, Map<string, Enter>>();
  readonly #found = new Map<string, Found>();

  add({ method, path }: Pick<AnyOperation, 'method' | 'path'>, enter: Enter): void {
    if (/[:*]/.test(path)) return;
    const byMethod = this.#byUrl.get(path) ?? new Map<string, Enter>();
    this.#byUrl.set(path, byMethod.set(method, enter));
  }

  /** What the router has found, for the next request to the same URL; only of POST, by which models are asked. */
  remember({ method, url = '' }: IncomingMessage, enter: Enter, params: Params): void {
    if (method !== 'POST' || url.length > MAX_URL_LENGTH || url.includes('?') || this.#byUrl.has(url)) return;
    if (this.#found.size >= MAX_FOUND) this.#found.clear();
    this.#found.set(url, { enter, params: Object.freeze({ ...params }) });
  }

  /** Lets a request in; false: the router has to look. */
  enter(request: IncomingMessage, response: ServerResponse): boolean {
    const { method = '', url = '' } = request;
    const enter = this.#byUrl.get(url)?.get(method);
    if (enter !== undefined) {
      enter(request, response, NO_PARAMS);
      return true;
    }
    const found = method === 'POST' ? this.#found.get(url) : undefined;
    if (found === undefined) return false;
    found.enter(request, response, found.params);
    return true;
  }
}
