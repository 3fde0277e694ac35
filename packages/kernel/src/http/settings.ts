import { Type } from '@mlab/schema';
import { schema, type Schema } from '#/contract.ts';

export interface HttpSettings {
  readonly listen: string;
  readonly advertise: string;
  readonly allowedHosts: string;
  readonly allowedOrigins: string;
  readonly bodyLimitBytes: number;
  readonly headerLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly drainMs: number;
}

/** Read from `MLAB_HTTP_…`: the same for every service of a process. */
export const httpSettings: Schema<HttpSettings> = schema(
  Type.Object({
    listen: Type.String({ default: '127.0.0.1', env: 'MLAB_LISTEN', description: 'Address to listen on' }),
    advertise: Type.String({
      default: '',
      description: 'Host by which other machines reach this one; empty: the address it listens on, or its first one when it listens on all',
    }),
    allowedHosts: Type.String({
      default: '',
      description:
        'Names that a request may have in Host besides loopback, separated by commas; checked when listening on loopback or when not empty',
    }),
    allowedOrigins: Type.String({
      default: '',
      description: 'Origins of web pages that may send requests besides those of the service itself, separated by commas',
    }),
    bodyLimitBytes: Type.Integer({
      default: 1_048_576,
      minimum: 1,
      description: 'Largest request body, in bytes; a larger one is answered 413',
    }),
    headerLimitBytes: Type.Integer({
      default: 16_384,
      minimum: 1024,
      description: 'Largest set of request headers, in bytes; a larger one is answered 431',
    }),
    requestTimeoutMs: Type.Integer({
      default: 30_000,
      minimum: 100,
      description: 'Longest time a request may take to arrive, in milliseconds; then 408',
    }),
    headersTimeoutMs: Type.Integer({
      default: 10_000,
      minimum: 100,
      description: 'Longest time the headers of a request may take, in milliseconds; then 408',
    }),
    keepAliveMs: Type.Integer({ default: 72_000, minimum: 0, description: 'How long an idle connection stays open, in milliseconds' }),
    drainMs: Type.Integer({
      default: 10_000,
      minimum: 0,
      description: 'How long requests under way may take to end at shutdown, in milliseconds',
    }),
  }),
);
