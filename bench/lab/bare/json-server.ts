/** What the two bare servers share: a JSON body in, a JSON body out, and saying where they listen. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Listens on any free port and tells the parent, in the words that the platform's own processes use. */
export function serveJson(name: string, answer: (body: unknown) => Answer | Promise<Answer>): void {
  const server = createServer((request, response) => {
    void readJson(request)
      .then(answer)
      .catch((error: unknown) => ({ status: 500, body: { detail: String(error) } }))
      .then(({ status, body }) => {
        const text = JSON.stringify(body);
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
        response.end(text);
      });
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.send?.({ type: 'ready', services: [{ name, url: `http://127.0.0.1:${port}` }] });
  });
  // The gateway's pool keeps its sockets open; a yardstick need not drain them, and it must not outlive its parent.
  process.once('SIGTERM', () => process.exit(0));
  process.once('disconnect', () => process.exit(0));
}

function readJson(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      try {
        resolve(JSON.parse(text));
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
  });
}
