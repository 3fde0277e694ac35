import { Call } from '#/call.ts';
import type { Output } from '#/endpoint.ts';
import { abandoned, timedOut } from '#/early-ends.ts';
import { AppError } from '#/errors.ts';
import { foreignRequest } from '#/foreign-request.ts';
import { endToEnd } from '#/http/forward-headers.ts';
import { refusalHeaders } from '#/http/respond.ts';
import type { LocalDoor } from '#/local-transport.ts';
import { Outflow } from '#/outflow.ts';
import type { ForeignAnswer, ForeignRequest } from '#/protocol.ts';
import { serve } from '#/serve.ts';
import { MAX_ANSWER_BYTES, pathOf, type ForeignQuestion, type SpeakTransport, type WholeAnswer } from '#/speak.ts';

/** The way into a protocol of a service of the same process: through the same handlers and the same words for errors as over HTTP. */
export function localSpeak(door: LocalDoor): SpeakTransport {
  return async (protocol, route, question, meta) => {
    const found = door.foreign.get(`${route.method} ${protocol.root}${route.path}`);
    if (found === undefined) throw new AppError('not_implemented', `It does not speak ${protocol.title}.`);
    // Not for the way, which is none: over HTTP, a question that is not whole would not go out.
    pathOf(protocol, route, question);
    if (meta.signal.aborted) throw abandoned(meta.signal, true);
    return new Promise((resolve, reject) => {
      const started = performance.now();
      door.observer.begin();
      const trace = door.tracer.start(`${route.method} ${protocol.root}${route.path}`, 'server', meta.trace);
      const call = new Call({ name: meta.caller, proof: 'given' }, trace, Math.min(started + route.timeoutMs, meta.deadline));
      const observe = (status: number, error: AppError | undefined): void =>
        door.observer.observe({ door: found, call, started, status, error, transport: 'local' });
      const refuse = (error: AppError): void => {
        const { status, contentType, body } = found.wire.renderError(error);
        observe(status, error);
        if (meta.signal.aborted) reject(abandoned(meta.signal, false));
        else if (meta.deadline <= performance.now()) reject(timedOut());
        else resolve({ status, contentType, headers: refusalHeaders(error), body: Buffer.from(body) });
      };
      let settled = false;
      const leave = (): void => end(abandoned(meta.signal, false));
      const end = serve(
        found,
        () => {
          if (!door.open) throw new AppError('unavailable', `${found.contract.label} is shutting down.`, { retryAfter: 1 });
          return found.input.read(requestOf(route.method, question, found.maxBodyBytes));
        },
        call,
        (output, error) => {
          settled = true;
          meta.signal.removeEventListener('abort', leave);
          if (error !== undefined) return refuse(error);
          whole(output, call, found.contract.label).then(
            (answer) => {
              observe(answer.status, undefined);
              resolve(answer);
            },
            (broken: unknown) => refuse(AppError.from(broken)),
          );
        },
      );
      if (!settled) meta.signal.addEventListener('abort', leave);
    });
  };
}

function requestOf(method: string, question: ForeignQuestion, maxBodyBytes: number | undefined): ForeignRequest {
  const { params = {}, query = '', body = NOTHING } = question;
  if (maxBodyBytes !== undefined && body.byteLength > maxBodyBytes)
    throw new AppError('too_large', `The body is larger than ${maxBodyBytes} bytes.`);
  const headers: Record<string, string> = {
    ...endToEnd(question.headers ?? {}),
    ...(method === 'GET' ? {} : { 'content-length': String(body.byteLength) }),
  };
  return foreignRequest({ method, params, query, headers, body });
}

const NOTHING = new Uint8Array(0);

async function whole(output: Output | undefined, call: Call, label: string): Promise<WholeAnswer> {
  if (typeof output === 'string') return { status: 200, contentType: 'application/json', headers: {}, body: Buffer.from(output) };
  const { status, contentType, headers = {}, body } = output as ForeignAnswer;
  const described = { status, contentType, headers: endToEnd(headers) };
  if (typeof body === 'string') return { ...described, body: Buffer.from(body) };
  if (body instanceof Uint8Array) return { ...described, body };
  const chunks: Uint8Array[] = [];
  const outflow = new Outflow(body, call, label);
  for (let chunk = await outflow.next(); chunk !== undefined; chunk = await outflow.next()) {
    chunks.push(chunk);
    if (outflow.bytes > MAX_ANSWER_BYTES)
      outflow.stop(new AppError('bad_gateway', `${label} answered with more than ${MAX_ANSWER_BYTES} bytes.`));
  }
  outflow.close();
  return { ...described, body: Buffer.concat(chunks) };
}
