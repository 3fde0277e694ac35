import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { printable, type Telemetry } from '@mlab/telemetry';
import { variableOf } from '#/config.ts';
import type { Contract } from '#/contract.ts';
import type { Door } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import { DirectRoutes } from '#/http/direct-routes.ts';
import { doorRoute, type Enter } from '#/http/door-route.ts';
import type { Params } from '#/http/exchange.ts';
import { endEventStreams } from '#/http/event-streams.ts';
import type { Forward } from '#/http/forwarder.ts';
import { addPages, PAGE_ROUTES } from '#/http/pages.ts';
import { openGate } from '#/http/gate.ts';
import { closeUnused, createNodeServer } from '#/http/node-server.ts';
import type { OpenedProtocol } from '#/http/protocol-doors.ts';
import { writeError } from '#/http/respond.ts';
import type { HttpSettings } from '#/http/settings.ts';
import { routeOf, unmatchedHandler } from '#/http/unmatched.ts';
import { answerUnreadable } from '#/http/unreadable.ts';
import { whyNotListening } from '#/http/why-not-listening.ts';
import { wires } from '#/http/wires.ts';
import type { Identity } from '#/identity/identity.ts';
import type { Observer } from '#/observe.ts';
import type { Admit, Check } from '#/service.ts';

export interface HttpServerOptions {
  readonly contract: Contract;
  readonly version: string;
  readonly doors: readonly Door[];
  readonly protocols: readonly OpenedProtocol[];
  /** Where requests go that are for another service; absent: nowhere. */
  readonly forward?: Forward | undefined;
  readonly telemetry: Telemetry;
  readonly observer: Observer;
  readonly checks: () => readonly Check[];
  readonly admit: Admit | undefined;
  readonly settings: HttpSettings;
  readonly identity: Identity;
  readonly port: number;
}

type Route = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
  /** For requests that another door has let in. */
  readonly route: Route;
}

/** The door of one service: its operations, its pages, and an answer for everything else. */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { settings, identity, port } = options;
  const { app, route } = buildApp(options);
  try {
    await app.listen({ host: settings.listen, port });
  } catch (error) {
    const { name } = options.contract;
    const place = { name, address: settings.listen, port, variable: variableOf(name, 'port'), option: name };
    throw new Error(whyNotListening(place, error as NodeJS.ErrnoException), { cause: error });
  }
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no address.');
  const host = settings.listen.includes(':') ? `[${settings.listen}]` : settings.listen;
  return {
    url: `${identity.tls === undefined ? 'http' : 'https'}://${host}:${address.port}`,
    route,
    [Symbol.asyncDispose]: () => drain(app, settings.drainMs),
  };
}

function buildApp({
  contract,
  version,
  doors,
  protocols,
  forward,
  telemetry,
  observer,
  checks,
  admit,
  settings,
  identity,
}: HttpServerOptions): { readonly app: FastifyInstance; readonly route: Route } {
  const wire = wires[contract.wire];
  const { tracer, metrics, log } = telemetry;
  const answerUnmatched = unmatchedHandler(wire, [...PAGE_ROUTES, ...doors.map(routeOf)], protocols);
  const unmatched = (request: IncomingMessage, reply: FastifyReply): void => {
    const started = performance.now();
    answerUnmatched(request, reply);
    const { statusCode: status } = reply.raw;
    observer.observeOther('unmatched', status, started);
    log.info({ method: request.method, path: printable(request.url ?? '', 256), status }, 'unmatched request');
  };
  const gate = openGate(settings, identity.tls !== undefined);
  const refuse = (error: AppError, { method, url, headers }: IncomingMessage, response: ServerResponse): void => {
    const started = performance.now();
    const rendered = wire.renderError(error);
    writeError(response, rendered);
    const { status } = rendered;
    observer.observeOther('refused', status, started);
    log.info(
      { method, path: printable(url ?? '', 256), status, origin: headers.origin && printable(headers.origin, 128), detail: error.message },
      'refused request',
    );
  };
  const failed = (error: unknown, response: ServerResponse): void => {
    log.error({ err: error }, 'unexpected error');
    if (!response.headersSent) writeError(response, wire.renderError(AppError.from(error)));
  };
  const direct = new DirectRoutes();
  let inner: Route = () => {};
  const app = Fastify({
    // Every request passes the gate, also those that no route and no hook would see.
    serverFactory: (routed) => {
      const route: Route = (request, response) => {
        if (!direct.enter(request, response)) routed(request, response);
      };
      inner = route;
      return createNodeServer(settings, identity.tls, (request, response) => {
        const fault = gate(request);
        if (fault !== undefined) refuse(fault, request, response);
        else if (forward?.(request, response) !== true) route(request, response);
      });
    },
    forceCloseConnections: 'idle',
    // A request that still comes over an open connection while we drain is served: refusing it would be a failure we made.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 1024 },
    clientErrorHandler: (error, socket) => {
      answerUnreadable(wire, error, socket, (status) => {
        observer.observeOther('unreadable', status, performance.now());
        log.info({ status, error: error.code }, 'unreadable request');
      });
    },
    // A path that cannot be decoded is a path that does not exist.
    frameworkErrors: (_error, request, reply) => unmatched(request.raw, reply as FastifyReply),
    // The router would end a path at `#`, which no client sends and no route has.
    rewriteUrl: (request) => (request.url ?? '/').replace('#', '%23'),
  });
  // Bodies are read by the operations themselves: in their own wire's way, within their own limit.
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true });

  addPages(app, { contract, version, metrics, checks, seen: observer.observeOther });
  for (const door of [...doors, ...protocols.flatMap(({ doors: foreign }) => foreign)]) {
    const { method, path } = door.operation;
    const enter = doorRoute({ door, tracer, observer, bodyLimitBytes: settings.bodyLimitBytes, admit, identity }, failed);
    app.route({ method, url: path, handler: handlerOf(enter, direct) });
    direct.add(door.operation, enter);
  }
  app.setNotFoundHandler((request, reply) => unmatched(request.raw, reply));
  app.setErrorHandler((error, _request, reply) => failed(error, reply.hijack().raw));
  return { app, route: (request, response) => inner(request, response) };
}

function handlerOf(enter: Enter, direct: DirectRoutes): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    const params = request.params as Params;
    direct.remember(request.raw, enter, params);
    enter(request.raw, reply.hijack().raw, params);
  };
}

/** Stops taking connections, lets what is under way end, and after `drainMs` waits no longer. */
async function drain(app: FastifyInstance, drainMs: number): Promise<void> {
  const impatient = setTimeout(() => app.server.closeAllConnections(), drainMs);
  // One that was answered while its request still came is idle only later.
  const attentive = setInterval(() => {
    closeUnused(app.server);
    endEventStreams(app.server);
  }, 100);
  await app.close();
  clearInterval(attentive);
  clearTimeout(impatient);
}
