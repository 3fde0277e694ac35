import { bufferOf } from '#/buffer-of.ts';
import type { ForeignRequest } from '#/protocol.ts';

interface Asked extends Pick<ForeignRequest, 'method' | 'params' | 'query'> {
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A request that has not come over HTTP, as the handler of a route sees those that have. */
export const foreignRequest = ({ method, params, query, headers, body }: Asked): ForeignRequest => ({
  method,
  params,
  query,
  headers,
  contentType: headers['content-type'],
  body: bufferOf(body),
  stream: (async function* () {
    yield body;
  })(),
  origin: 'http://localhost',
});
