import type { Socket } from 'node:net';

/** The library tells only the address of who calls; what stands behind it, the connection with its certificate, is found here. */
export interface SocketTable {
  readonly add: (socket: Socket) => void;
  /** By `address:port`. */
  readonly find: (peer: string) => Socket | undefined;
  readonly all: () => Iterable<Socket>;
  /** Resolves when there is none any more. */
  readonly emptied: () => Promise<void>;
}

export function openSocketTable(): SocketTable {
  const sockets = new Map<string, Socket>();
  let told = (): void => {};
  return {
    add: (socket) => {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      sockets.set(peer, socket);
      socket.once('close', () => {
        sockets.delete(peer);
        if (sockets.size === 0) told();
      });
    },
    find: (peer) => sockets.get(peer),
    all: () => sockets.values(),
    emptied: () => new Promise((resolve) => (sockets.size === 0 ? resolve() : (told = resolve))),
  };
}
