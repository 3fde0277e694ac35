/**
 * A server under test: a Node program in its own process, found by what it announces. Every program of the platform
 * sends `{type: 'ready', services: [{name, url}]}` over the IPC channel once it can answer.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface ServerProgram {
  readonly name: string;
  /** The file to run, then its arguments. */
  readonly command: readonly [entry: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Flags for Node itself, such as `--cpu-prof`. */
  readonly nodeFlags?: readonly string[];
}

export interface RunningServer extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Where each of its services listens, by the service's name. */
  readonly urls: ReadonlyMap<string, string>;
  /** Ends at once, without draining: what a crash looks like. */
  kill(): Promise<void>;
}

const START_MS = 30_000;
const STOP_MS = 15_000;

export async function startServer(program: ServerProgram): Promise<RunningServer> {
  const child = spawn(process.execPath, [...(program.nodeFlags ?? []), ...program.command], {
    env: { ...process.env, ...program.env },
    // Standard output is the log where no log file is set; here only a server that fails to start has something to say.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const complaint = tail(child);
  const endWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithParent);
  const gone = once(child, 'exit').finally(() => process.removeListener('exit', endWithParent));

  const urls = await Promise.race([
    announced(child),
    gone.then(([code]) => Promise.reject(new Error(`${program.name} ended with code ${code} before it was ready.\n${complaint()}`))),
  ]).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    const giveUp = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(giveUp);
  };
  return {
    name: program.name,
    pid: child.pid ?? 0,
    urls,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  };
}

/** The address of the one service that a process was started for. */
export function urlOf(server: RunningServer, service: string): string {
  const url = server.urls.get(service);
  if (url === undefined)
    throw new Error(`${server.name} does not run ${service}; it runs ${[...server.urls.keys()].join(', ') || 'nothing'}.`);
  return url;
}

function announced(child: ChildProcess): Promise<Map<string, string>> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`A server was not ready within ${START_MS / 1000} s: ${child.spawnargs.join(' ')}`)),
      START_MS,
    );
    child.on('message', (message: { type?: string; services?: { name: string; url: string }[] }) => {
      if (message.type !== 'ready' || message.services === undefined) return;
      clearTimeout(late);
      resolve(new Map(message.services.map(({ name, url }) => [name, url])));
    });
    child.once('exit', () => clearTimeout(late));
    child.once('error', reject);
  });
}

/** Keeps the last of what a process says on its error stream, so that a failed start can be explained. */
function tail(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-4000)));
  return () => text;
}
