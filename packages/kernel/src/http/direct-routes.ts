import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyOperation } from '#/contract.ts';
import type { Enter } from '#/http/door-route.ts';

const NO_PARAMS = Object.freeze({});

/** Lets a request in whose URL is, letter for letter, the path of a door; false: the router has to look. */
export type EnterDirectly = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * The doors without parameters. Nearly all requests are for a few of these, and what the router makes for each request takes about as
 * long as to answer it. Nothing is decided otherwise here than there: a path without parameters goes before all that have some.
 */
export class DirectRoutes {
  readonly #byUrl = new Map<string, Map<string, Enter>>();

  add({ method, path }: Pick<AnyOperation, 'method' | 'path'>, enter: Enter): void {
    if (/[:*]/.test(path)) return;
    const byMethod = this.#byUrl.get(path) ?? new Map<string, Enter>();
    this.#byUrl.set(path, byMethod.set(method, enter));
  }

  readonly enter: EnterDirectly = (request, response) => {
    const enter = this.#byUrl.get(request.url as string)?.get(request.method as string);
    if (enter === undefined) return false;
    enter(request, response, NO_PARAMS);
    return true;
  };
}
