import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher, Pool } from 'undici';
import { bodyOf, readBody } from '#/http/body.ts';
import { noteEventStream } from '#/http/event-streams.ts';
import { answerHeadersBack, requestHeadersOnward } from '#/http/forward-headers.ts';
import type { Forwarded } from '#/http/forwarding.ts';
import { announcesBody } from '#/http/headers.ts';
import { closeWhenDraining } from '#/http/respond.ts';

export interface ForwardWay {
  readonly pool: Pool;
  readonly prefix: string;
  readonly host: string;
  readonly proof: string | undefined;
}

/**
 * Hands a request on over a pooled connection and its answer back, both as they come: no more is held than the slower side has not
 * taken yet. When either side goes away, so does the other.
 */
export function forwardRemote({ pool, prefix, host, proof }: ForwardWay, forwarded: Forwarded): void {
  const { request, response, path, by, traceparent } = forwarded;
  const hasBody = announcesBody(request.headers);
  const handler = new AnswerBack(forwarded, hasBody);
  // The client has gone, or has its answer before its request was read: an upload that was refused.
  response.once('close', () => handler.leave());
  if (hasBody) request.on('error', () => handler.leave());
  const headers = requestHeadersOnward(request, { by, traceparent, host, proof });
  const method = request.method as Dispatcher.HttpMethod;
  const send = (body: Buffer | Readable | null): void =>
    // A body that is on its way cannot be sent twice.
    void pool.dispatch({ path: prefix + path, method, headers, body, idempotent: false }, handler);
  if (!hasBody) send(null);
  // Sent in one piece, it costs neither side more than a request without a body.
  else if (Number(request.headers['content-length']) <= SMALL_BYTES) readBody(request, SMALL_BYTES, (_, body) => send(body));
  // Not the request itself, which undici would destroy together with the connection that the answer needs.
  else send(bodyOf(request) as unknown as Readable);
}

/** Most bodies are smaller, and there when their headers are. */
const SMALL_BYTES = 65_536;

class AnswerBack implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #unreachable: Forwarded['unreachable'];
  readonly #hasBody: boolean;
  #controller: Dispatcher.DispatchController | undefined;
  #left = false;

  constructor({ response, unreachable }: Forwarded, hasBody: boolean) {
    this.#response = response;
    this.#unreachable = unreachable;
    this.#hasBody = hasBody;
  }

  leave(): void {
    if (this.#response.writableFinished) return;
    this.#left = true;
    this.#controller?.abort(new Error('the client has gone'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#left) controller.abort(new Error('the client has gone'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    closeWhenDraining(this.#response);
    this.#response.writeHead(status, answerHeadersBack(headers));
    noteEventStream(this.#response, headers['content-type']);
    // What comes in pieces over a long time (events) begins to arrive at once.
    if (headers['content-length'] === undefined) this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#left) return;
    if (this.#response.headersSent) this.#response.destroy();
    else this.#unreachable(error, this.#controller === undefined && !this.#hasBody);
  }
}
