import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeB extends AsyncDisposable {
  readonly url: string;
  /** Requests that have arrived. */
  readonly arrivals: () => number;
  /** Requests whose connection was closed before they were answered. */
  readonly abandoned: () => number;
  become: (behaviour: Behaviour) => void;
}

const ANSWER = JSON.stringify({
  prediction: { class: 'cat', confidence: 0.9, input_length: 10 },
  message: 'Predicted class: cat with 90.0% confidence',
});

export const answering =
  (status = 200, body = ANSWER, delayMs = 0): Behaviour =>
  (_request, response) => {
    const send = (): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    if (delayMs === 0) send();
    else setTimeout(send, delayMs);
  };
export const silent: Behaviour = () => {};
export const hangingUp: Behaviour = (request) => void request.socket.destroy();

/** A Service B that does what the test says. */
export async function startFakeB(behaviour: Behaviour = answering()): Promise<FakeB> {
  let now = behaviour;
  let arrivals = 0;
  let abandoned = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    arrivals++;
    response.on('close', () => void (response.writableEnded || abandoned++));
    request.resume();
    request.on('end', () => now(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/predict`,
    arrivals: () => arrivals,
    abandoned: () => abandoned,
    become: (next) => void (now = next),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
