import { once } from 'node:events';
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { AppError } from '#/errors.ts';
import type { GrpcExchange } from '#/grpc/exchange.ts';
import { refusalOf } from '#/grpc/refusal.ts';
import { authorize } from '#/identity/authorize.ts';
import { remainingMs } from '#/remaining.ts';
import { serve } from '#/serve.ts';

/** One message, one answer. */
export function answerUnary(exchange: GrpcExchange, { request }: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void {
  const settle = (output: Buffer | undefined, error: AppError | undefined): void => {
    if (!exchange.settle(error)) return;
    if (error === undefined) reply(null, output ?? Buffer.alloc(0));
    else reply(refusalOf(error));
  };
  const run = (): void => {
    if (exchange.settled) return;
    const { door, call } = exchange;
    exchange.begun(serve(door, () => door.read(request), call, settle));
  };
  try {
    const known = exchange.identify();
    if (known === undefined) return run();
    known.then(run, (error: unknown) => settle(undefined, AppError.from(error)));
  } catch (error) {
    settle(undefined, AppError.from(error));
  }
}

/** Messages as they come, from both sides or from ours alone. */
export async function answerStream(
  exchange: GrpcExchange,
  stream: ServerDuplexStream<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>,
  draining: AbortSignal,
): Promise<void> {
  const { door, call } = exchange;
  const end = (error: AppError | undefined): void => {
    clearTimeout(timer);
    if (!exchange.settle(error)) return;
    if (error === undefined) stream.end();
    else stream.emit('error', refusalOf(error));
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    await exchange.identify();
    authorize(door, call);
    const late = (): void => {
      const reason = new AppError('deadline', `${door.contract.label} did not finish in time.`);
      call.abort(reason);
      end(reason);
    };
    timer = setTimeout(late, remainingMs(call.deadline, performance.now()));
    exchange.begun(() => clearTimeout(timer));
    const input =
      'request' in stream && door.kind === 'server_streaming' ? door.read(stream.request) : messagesOf(exchange, stream, draining);
    for await (const message of door.run(input, call) as AsyncIterable<unknown>) {
      if (exchange.settled) return;
      if (!stream.write(door.write(message))) await once(stream, 'drain', { signal: call.signal });
    }
    end(undefined);
  } catch (error) {
    end(AppError.from(error));
  }
}

/** What a client sends. It ends when the client has said all, and when the service is to end: then what has come is still answered. */
async function* messagesOf(exchange: GrpcExchange, stream: unknown, draining: AbortSignal): AsyncGenerator {
  const messages = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const ending = new Promise<{ readonly done: true; readonly value: undefined }>((resolve) => {
    const stop = (): void => resolve({ done: true, value: undefined });
    if (draining.aborted) stop();
    else draining.addEventListener('abort', stop, { once: true });
  });
  for (;;) {
    const next = await Promise.race([messages.next(), ending]);
    if (next.done === true) return;
    yield exchange.door.read(next.value);
  }
}
