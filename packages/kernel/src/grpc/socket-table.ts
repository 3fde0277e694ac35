import type { Socket } from 'node:net';

/** The library tells only the address of who calls; what stands behind it, the connection with its certificate, is found here. */
export interface SocketTable {
  readonly add: (socket: Socket) => void;
  /** By `address:port`. */
  readonly find: (peer: string) => Socket | undefined;
  readonly all: () => Iterable<Socket>;
}

export function openSocketTable(): SocketTable {
  const sockets = new Map<string, Socket>();
  return {
    add: (socket) => {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      sockets.set(peer, socket);
      socket.once('close', () => void sockets.delete(peer));
    },
    find: (peer) => sockets.get(peer),
    all: () => sockets.values(),
  };
}
