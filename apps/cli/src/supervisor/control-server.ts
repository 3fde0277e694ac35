import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { CliError, messageOf } from '../cli-error.ts';
import { controlPath, type Home, openControlFolder } from '../home.ts';
import { type ControlAnswer, type ControlRequest, parseRequest } from './control-protocol.ts';
import { firstLine } from './first-line.ts';

const REQUEST_WITHIN_MS = 5_000;

export interface ControlServer {
  /** Takes no more requests and frees the address; those under way are still answered. */
  close(): void;
}

/** Listens where `ask` knocks. The caller holds the supervisor's lock, so a socket that is already there is a dead one's. */
export async function serveControl(home: Home, answer: (request: ControlRequest) => Promise<ControlAnswer>): Promise<ControlServer> {
  const path = controlPath(home);
  openControlFolder(path);
  if (process.platform !== 'win32') rmSync(path, { force: true });
  const server = createServer((socket) => void handle(socket, answer));
  try {
    server.listen(path);
    await once(server, 'listening');
  } catch (error) {
    throw new CliError(`The control socket ${path} cannot be opened (${messageOf(error)}); set MLAB_HOME to a folder on a local disk.`, {
      cause: error,
    });
  }
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  return { close: () => server.close() };
}

async function handle(socket: Socket, answer: (request: ControlRequest) => Promise<ControlAnswer>): Promise<void> {
  socket.setTimeout(REQUEST_WITHIN_MS, () => socket.destroy());
  // Whoever asked may be gone before the answer; that harms nobody.
  socket.on('error', () => undefined);
  try {
    const line = await firstLine(socket);
    socket.setTimeout(0);
    const reply = await answer(parseRequest(line)).catch((error: unknown): ControlAnswer => ({
      type: 'failed',
      reason: messageOf(error),
      exitCode: error instanceof CliError ? error.exitCode : 1,
    }));
    socket.end(`${JSON.stringify(reply)}\n`);
  } catch {
    socket.destroy();
  }
}
