import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Another address of a service that listens where nobody knew before; it can be made to refuse, as one does that starts anew. */
export interface Door extends AsyncDisposable {
  readonly url: string;
  leadsTo: string;
  /** Whether a request is refused now, by its method and path: `PUT /programs/…/outcome`. */
  refuses: (asked: string) => boolean;
}

export async function openDoor(): Promise<Door> {
  const server = createServer((request, response) => {
    request.resume();
    const { method, url = '' } = request;
    response.writeHead(door.refuses(`${method} ${url}`) ? 503 : 307, { location: door.leadsTo + url }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door: Door = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadsTo: '',
    refuses: () => false,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return door;
}
