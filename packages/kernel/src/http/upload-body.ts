import type { Upload } from '#/contract.ts';
import type { Endpoint } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import type { InputReader } from '#/http/wire.ts';

/** Reads the input of an upload without its body, and puts the body beside it. */
export function withUpload(input: InputReader): Endpoint['input'] {
  return {
    read: (request) => ({ ...(input.read(request) as object), body: whole(request.stream) }),
    check: (value) => {
      const { body, ...rest } = value as Upload;
      return { ...(input.check(JSON.parse(JSON.stringify(rest))) as object), body: whole(body) };
    },
  };
}

/** Where a body breaks off, it was the other side: whoever reads it here need not know how. */
async function* whole(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body;
  } catch (error) {
    throw new AppError('cancelled', 'The client closed the connection before the whole body had come.', { cause: error });
  }
}

/** A body on its way to another service. What breaks it is its sender's own error, which no transport may hide from him. */
export class OutgoingBody {
  failure: { readonly error: unknown } | undefined;
  private readonly source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* this.source;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
