import type { FastifyReply, FastifyRequest } from 'fastify';
import { Exchange, type OperationRoute } from '#/http/exchange.ts';

/** One operation over HTTP: each request is an exchange of its own. */
export function operationRoute(options: Omit<OperationRoute, 'spanName'>): (request: FastifyRequest, reply: FastifyReply) => void {
  const { method, path } = options.endpoint.operation;
  const route = { ...options, spanName: `${method} ${path}` };
  return (request, reply) => new Exchange(route, request, reply).begin();
}
