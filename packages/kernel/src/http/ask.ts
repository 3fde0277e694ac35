import type { Dispatcher, Pool } from 'undici';
import { bufferOf } from '#/buffer-of.ts';
import type { CallMeta } from '#/call.ts';
import { timedOut } from '#/early-ends.ts';
import { Answer } from '#/http/answer.ts';
import { endToEnd } from '#/http/forward-headers.ts';
import { inParts, PART_BYTES } from '#/http/in-parts.ts';
import { requestHeaders } from '#/http/request.ts';
import type { Protocol, Route } from '#/protocol.ts';
import { pathOf, type ForeignQuestion, type WholeAnswer } from '#/speak.ts';

/** The way to one instance, for one call. */
export interface Way {
  readonly pool: Pool;
  readonly prefix: string;
  readonly host: string;
  readonly proof: string | undefined;
}

interface Asked {
  readonly protocol: Protocol;
  readonly route: Route;
  readonly question: ForeignQuestion;
}

/** Asks in a foreign protocol, and brings the answer whatever its status: what the bytes mean is known to others. */
export function ask({ pool, prefix, host, proof }: Way, { protocol, route, question }: Asked, call: CallMeta): Promise<WholeAnswer> {
  const now = performance.now();
  const onward = endToEnd(question.headers ?? {});
  const headers = requestHeaders(host, undefined, call, now, proof);
  for (const [name, value] of Object.entries(onward)) headers.push(name, value);
  const path = prefix + pathOf(protocol, route, question);
  return new Promise((resolve, reject) => {
    const answer = new Answer(call, now, (error, status, body, all) => {
      if (error !== undefined) return reject(error);
      // The other side keeps the time too, may have noticed first, and says it in words that only its protocol knows.
      if (status >= 500 && performance.now() >= call.deadline - TIMERS_MS) return reject(timedOut());
      const { 'content-type': contentType = 'application/octet-stream', ...rest } = endToEnd(all);
      resolve({ status, contentType, headers: rest, body });
    });
    if (answer.ended) return;
    const method = route.method as Dispatcher.HttpMethod;
    const bytes = bufferOf(question.body ?? NOTHING);
    const isLong = bytes.length > PART_BYTES;
    // Undici counts what it is given whole, and no more.
    if (isLong) headers.push('content-length', String(bytes.length));
    pool.dispatch(
      { path, method, headers, body: method === 'GET' ? null : isLong ? inParts(bytes) : bytes, idempotent: route.safe },
      answer,
    );
  });
}

const NOTHING = new Uint8Array(0);

/** By so much one side may notice earlier than the other: timers are rounded to tens, and count from the begin of a turn of the loop. */
const TIMERS_MS = 10;
