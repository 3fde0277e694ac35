import type { CallMeta } from '#/call.ts';
import type { AnyOperation, Upload } from '#/contract.ts';
import { CALLER_HEADER, IDENTITY_HEADER, TIMEOUT_HEADER, TRACEPARENT_HEADER, TRACESTATE_HEADER } from '#/http/headers.ts';
import { OutgoingBody } from '#/http/upload-body.ts';
import { pathParameters } from '#/http/wire.ts';

interface Written {
  readonly path: string;
  readonly body: string | OutgoingBody | null;
}

/** Puts an input where its operation wants it: into the path, the query or the body. */
export function requestWriter(operation: AnyOperation): (input: unknown) => Written {
  if (operation.upload === true) return uploadWriter(operation);
  const inPath = pathParameters(operation.path);
  const hasBody = operation.method !== 'GET';
  if (inPath.length === 0 && hasBody) return (input) => ({ path: operation.path, body: JSON.stringify(input) });
  return (input) => {
    const rest: Record<string, unknown> = { ...(input as Record<string, unknown>) };
    const path = operation.path.replace(/:(\w+)/g, (_, name: string) => {
      const value = String(rest[name]);
      delete rest[name];
      return encodeURIComponent(value);
    });
    if (hasBody) return { path, body: JSON.stringify(rest) };
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(rest)) {
      for (const item of [value].flat()) if (item !== undefined) query.append(name, typeof item === 'string' ? item : JSON.stringify(item));
    }
    return { path: query.size === 0 ? path : `${path}?${query.toString()}`, body: null };
  };
}

function uploadWriter(operation: AnyOperation): (input: unknown) => Written {
  const write = requestWriter({ path: operation.path, method: 'GET' } as AnyOperation);
  return (input) => {
    const { body, ...rest } = input as Upload;
    return { path: write(rest).path, body: new OutgoingBody(body) };
  };
}

/** The headers that carry a call, as the flat list that undici takes fastest. */
export function requestHeaders(
  host: string,
  bodyType: string | undefined,
  call: CallMeta,
  now: number,
  proof: string | undefined,
): string[] {
  const { trace } = call;
  const headers = ['host', host, TRACEPARENT_HEADER, trace.traceparent, CALLER_HEADER, call.caller];
  headers.push(TIMEOUT_HEADER, String(Math.max(1, Math.ceil(call.deadline - now))));
  if (bodyType !== undefined) headers.push('content-type', bodyType);
  if (trace.tracestate !== undefined) headers.push(TRACESTATE_HEADER, trace.tracestate);
  if (proof !== undefined) headers.push(IDENTITY_HEADER, proof);
  return headers;
}
