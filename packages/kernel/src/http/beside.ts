import type { CallMeta } from '#/call.ts';
import type { Endpoint } from '#/endpoint.ts';
import type { ForeignAnswer, ForeignRequest } from '#/protocol.ts';

/**
 * How a service answers those requests to one of its operations that are too large to be read, and answered, where all others are: to read
 * a megabyte of JSON takes as long as a thousand small requests, which would all wait.
 */
export interface Beside {
  /** From so many bytes of a body on. */
  readonly fromBytes: number;
  /** What it refuses it throws, as any handler does. */
  readonly answer: (request: ForeignRequest, call: CallMeta) => Promise<ForeignAnswer>;
}

/** An answer that is written already, where an output was to be. */
class Written {
  readonly answer: ForeignAnswer;

  constructor(answer: ForeignAnswer) {
    this.answer = answer;
  }
}

/** What a handler returns for an output that it has written by itself, as the operation says it. Over HTTP it goes out as it is. */
export const alreadyWritten = (answer: ForeignAnswer): never => new Written(answer) as never;

/** A request whose body has not been read. */
class Unread {
  readonly request: ForeignRequest;

  constructor(request: ForeignRequest) {
    this.request = request;
  }
}

/** The operation with its large requests answered beside. */
export function besides(endpoint: Endpoint, beside: Beside | undefined): Endpoint {
  if (beside === undefined) return endpoint;
  const { fromBytes, answer } = beside;
  const { input, run, write } = endpoint;
  return {
    ...endpoint,
    input: {
      read: (request) => (request.body.length < fromBytes ? input.read(request) : new Unread(request)),
      check: (value) => input.check(value),
    },
    run: (value, call) => (value instanceof Unread ? answer(value.request, call).then((given) => new Written(given)) : run(value, call)),
    write: (output) => (output instanceof Written ? output.answer : write(output)),
  };
}
