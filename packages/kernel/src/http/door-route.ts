import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange, type DoorRoute, type Params } from '#/http/exchange.ts';

/** Answers a request that is for one door. */
export type Enter = (request: IncomingMessage, response: ServerResponse, params: Params) => void;

/** One door over HTTP: each request is an exchange of its own. `failed` is told of what no exchange should let happen. */
export function doorRoute(options: Omit<DoorRoute, 'spanName'>, failed: (error: unknown, response: ServerResponse) => void): Enter {
  const { method, path } = options.door.operation;
  const route = { ...options, spanName: `${method} ${path}` };
  return (request, response, params) => {
    try {
      new Exchange(route, request, response, params).begin();
    } catch (error) {
      failed(error, response);
    }
  };
}
