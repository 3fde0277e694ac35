import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export type PortState = 'free' | 'taken' | 'forbidden';

/**
 * Whether this machine's loopback port can be listened on, for IPv4 and, where there is one, IPv6 ("localhost" may mean either);
 * and the same port of another address that is to be listened on.
 */
export async function probePort(port: number, listen?: string): Promise<PortState> {
  for (const host of new Set(['127.0.0.1', '::1', ...(listen ? [listen] : [])])) {
    const state = await tryListening(port, host);
    if (state !== 'free') return state;
  }
  // Some systems let a second one listen on 127.0.0.1 where the first one listens on all addresses.
  return process.platform === 'linux' || !(await answers(port)) ? 'free' : 'taken';
}

async function tryListening(port: number, host: string): Promise<PortState> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
    return 'free';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') return 'taken';
    if (code === 'EACCES') return 'forbidden';
    return 'free';
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
