import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { bodyOf } from '#/http/body.ts';
import { originOf } from '#/http/origin-of.ts';
import type { ForeignRequest } from '#/protocol.ts';

/** A request after routing. A class, because an object literal with getters would cost every request a shape of its own. */
export class IncomingRequest implements ForeignRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly #raw: IncomingMessage;

  constructor(raw: IncomingMessage, params: Readonly<Record<string, string | undefined>>, body: Buffer) {
    const { method = '', url = '', headers } = raw;
    const mark = url.indexOf('?');
    this.method = method;
    this.params = params;
    this.query = mark < 0 ? '' : url.slice(mark + 1);
    this.headers = headers;
    this.contentType = headers['content-type'];
    this.body = body;
    this.#raw = raw;
  }

  get stream(): AsyncIterable<Uint8Array> {
    return bodyOf(this.#raw);
  }

  get origin(): string {
    return originOf(this.#raw);
  }
}
