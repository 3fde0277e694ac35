import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export const natsIsInstalled = (): boolean => spawnSync('nats-server', ['--version'], { stdio: 'ignore' }).error === undefined;

export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  kill(): Promise<void>;
  /** After a kill: on the same port, with the same files. */
  start(): Promise<void>;
}

/** A JetStream server. What it has acknowledged is in the system's hands, so it survives the server's own end, not the machine's. */
export async function startNats(folder: string, port: number): Promise<NatsServer> {
  let child: ChildProcess;
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const start = async (): Promise<void> => {
    child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder], { stdio: 'ignore' });
    const limit = performance.now() + 10_000;
    while (!(await answers(port))) {
      if (performance.now() > limit) throw new Error('nats-server did not listen within 10 s.');
      await delay(20);
    }
  };
  await start();
  return { url: `nats://127.0.0.1:${port}`, kill, start, [Symbol.asyncDispose]: kill };
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
