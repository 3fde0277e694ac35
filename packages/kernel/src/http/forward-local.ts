import type { IncomingMessage } from 'node:http';
import { AppError } from '#/errors.ts';
import type { ForwardTo } from '#/http/forwarding.ts';
import { FORWARDED_BY_HEADER, IDENTITY_HEADER, TRACEPARENT_HEADER } from '#/http/headers.ts';
import type { LocalDoor } from '#/local-transport.ts';

const handedOn = new WeakSet<IncomingMessage>();

/** Whether another service of this process has let the request in. */
export const isHandedOn = (request: IncomingMessage): boolean => handedOn.has(request);

/** Hands a request on to a service of the same process: it comes to that service's own door, under the path that it has there. */
export function forwardLocal(door: LocalDoor): ForwardTo {
  return ({ request, response, path, by, traceparent, unreachable }) => {
    if (door.route === undefined || !door.open) return unreachable(new AppError('unavailable', 'It is shutting down.', { retryAfter: 1 }));
    const { headers } = request;
    delete headers[IDENTITY_HEADER];
    headers[FORWARDED_BY_HEADER] = by;
    headers[TRACEPARENT_HEADER] = traceparent;
    request.url = path;
    handedOn.add(request);
    door.route(request, response);
  };
}
