import type { Tracer } from '@mlab/telemetry';
import type { CallMeta } from '#/call.ts';
import type { Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import type { ForeignAnswer, Protocol, Route } from '#/protocol.ts';

/** What is asked of a neighbour in the words of a protocol that it speaks. */
export interface ForeignQuestion {
  /** The parts of the path that the route names, as they are before they are encoded. */
  readonly params?: Readonly<Record<string, string>>;
  /** The part of the URL behind `?`, encoded. */
  readonly query?: string;
  /** With names in lower case. What is for a single connection, or carries the call itself, is left out on the way. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** An answer of whatever status, whole, with its bytes as they came. */
export interface WholeAnswer extends ForeignAnswer {
  readonly body: Uint8Array;
}

/** Asks in a foreign protocol. Any answer is one; an AppError is thrown where none came. */
export type Speak = <P extends Protocol>(
  protocol: P,
  route: keyof P['routes'] & string,
  question: ForeignQuestion,
  call: CallMeta,
) => Promise<WholeAnswer>;

/** One way to ask a service in a protocol. */
export type SpeakTransport = (protocol: Protocol, route: Route, question: ForeignQuestion, call: CallMeta) => Promise<WholeAnswer>;

/** An answer larger than this is not read on: a broken neighbour must not fill our memory. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Each question is a span of the caller's, as the calls of operations are. */
export function createSpeak(contract: Contract, transport: SpeakTransport, caller: string, tracer: Tracer): Speak {
  return async (protocol, name, question, call) => {
    const routes: Readonly<Record<string, Route>> = protocol.routes;
    const route = routes[name];
    if (route === undefined) throw new Error(`${protocol.title} has no route ${name}.`);
    const trace = tracer.start(`${contract.name}.${name}`, 'client', call.trace);
    try {
      const answer = await transport(protocol, route, question, { caller, trace, deadline: call.deadline, signal: call.signal });
      const { status } = answer;
      trace.end({ 'http.response.status_code': status }, status >= 500 ? String(status) : undefined);
      return answer;
    } catch (error) {
      trace.end(undefined, AppError.from(error).code);
      throw error;
    }
  };
}

/** Where a question goes, below the root of the service. */
export function pathOf({ root }: Protocol, { path }: Route, { params = {}, query = '' }: ForeignQuestion): string {
  const filled = path.replace(/:(\w+)|\*$/g, (part, name?: string) => {
    const value = params[name ?? part];
    if (value === undefined) throw new Error(`The question to ${root}${path} does not say ${part}.`);
    return name === undefined ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  });
  return root + filled + (query === '' ? '' : `?${query}`);
}
