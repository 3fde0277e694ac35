import type { FastifyReply, FastifyRequest } from 'fastify';
import { Exchange, type DoorRoute } from '#/http/exchange.ts';

/** One door over HTTP: each request is an exchange of its own. */
export function doorRoute(options: Omit<DoorRoute, 'spanName'>): (request: FastifyRequest, reply: FastifyReply) => void {
  const { method, path } = options.door.operation;
  const route = { ...options, spanName: `${method} ${path}` };
  return (request, reply) => new Exchange(route, request, reply).begin();
}
