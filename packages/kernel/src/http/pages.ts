import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '@mlab/telemetry';
import type { Contract } from '#/contract.ts';
import { DOCUMENTATION_FILES, REDOC_PAGE, SWAGGER_PAGE } from '#/http/documentation.ts';
import { respond } from '#/http/respond.ts';
import type { Route } from '#/http/unmatched.ts';
import { lazily } from '#/lazily.ts';
import { openApi } from '#/openapi.ts';
import type { Check } from '#/service.ts';

export interface PagesOptions {
  readonly contract: Contract;
  readonly version: string;
  readonly metrics: Metrics;
  readonly checks: () => readonly Check[];
  readonly seen: (route: string, status: number, started: number) => void;
}

/** The documentation loads nothing from anywhere else; ReDoc styles itself inline and searches in a worker. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'";

/** As in FastAPI: the documentation also answers HEAD, the service's own pages do not. */
const DOCUMENTATION_METHODS = ['GET', 'HEAD'];

const NO_SNIFFING = { 'x-content-type-options': 'nosniff' };

/** What every service answers besides its operations. */
export function addPages(app: FastifyInstance, { contract, version, metrics, checks, seen }: PagesOptions): void {
  const page = (path: string, answer: (reply: FastifyReply) => void | Promise<void>, method = ['GET']): void => {
    const handler = async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const started = performance.now();
      await answer(reply);
      seen(path, reply.raw.statusCode, started);
    };
    app.route({ method, url: path, handler });
  };
  const json = (reply: FastifyReply, value: object, status = 200): void =>
    respond(reply, status, 'application/json', JSON.stringify(value));
  page('/', (reply) => json(reply, { service: contract.title, status: 'running' }));
  page('/health', (reply) => json(reply, { service: contract.label, status: 'healthy' }));
  page('/ready', (reply) => {
    const reasons = checks();
    const ready = reasons.every((check) => check.ok || !check.required);
    json(reply, { service: contract.label, status: ready ? 'ready' : 'not ready', checks: reasons }, ready ? 200 : 503);
  });
  page('/metrics', async (reply) => respond(reply, 200, metrics.contentType, await metrics.expose()));
  const description = lazily(() => openApi(contract, version));
  page('/openapi.json', (reply) => json(reply, description()), DOCUMENTATION_METHODS);
  const html = (reply: FastifyReply, text: string): void =>
    respond(reply, 200, 'text/html; charset=utf-8', text.replaceAll('{title}', contract.title), {
      'content-security-policy': POLICY,
      ...NO_SNIFFING,
    });
  page('/docs', (reply) => html(reply, SWAGGER_PAGE), DOCUMENTATION_METHODS);
  page('/redoc', (reply) => html(reply, REDOC_PAGE), DOCUMENTATION_METHODS);
  for (const [path, read] of DOCUMENTATION_FILES) {
    const answer = async (reply: FastifyReply): Promise<void> => {
      const { type, content } = await read();
      respond(reply, 200, type, content, { 'cache-control': 'public, max-age=3600', ...NO_SNIFFING });
    };
    page(path, answer, DOCUMENTATION_METHODS);
  }
}

/** The pages, for telling "no such path" from "not this method". */
export const PAGE_ROUTES: readonly Route[] = [
  ...['/', '/health', '/ready', '/metrics'].map((path) => ({ methods: ['GET'], path })),
  ...['/openapi.json', '/docs', '/redoc', ...DOCUMENTATION_FILES.keys()].map((path) => ({ methods: DOCUMENTATION_METHODS, path })),
];
