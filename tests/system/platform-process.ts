import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/platform/main.ts', import.meta.url));
const START_MS = 20_000;

export interface ProcessOptions {
  readonly target: string;
  /** Extra arguments, such as `--peer=predictor=http://…`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Ports by service; the others take a free one. */
  readonly ports?: Readonly<Record<string, number>>;
}

export interface PlatformProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Where each of its services listens. */
  readonly urls: Readonly<Record<string, string>>;
  /** Everything it has written so far. */
  readonly output: () => string;
  /** SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** SIGTERM, and waits until it has drained. Returns the exit code. */
  readonly stop: () => Promise<number | null>;
}

interface Message {
  readonly type: 'ready' | 'failed';
  readonly reason?: string;
  readonly services?: readonly { readonly name: string; readonly url: string }[];
}

/** Starts a real process of the platform and waits until it is ready. */
export async function startProcess({ target, args = [], env = {}, ports = {} }: ProcessOptions): Promise<PlatformProcess> {
  const child = fork(MAIN, [...placementArgs(target, ports), ...args], { env: { ...cleanEnv(), ...env }, silent: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const gone = once(child, 'exit');
  const [message] = (await Promise.race([
    once(child, 'message', { signal: AbortSignal.timeout(START_MS) }),
    gone.then(() => [{ type: 'failed', reason: output }]),
  ])) as [Message];
  if (message.type === 'failed') throw new Error(message.reason);
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await gone;
  };
  return {
    child,
    urls: Object.fromEntries((message.services ?? []).map(({ name, url }) => [name, url])),
    output: () => output,
    kill,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = (await gone) as [number | null];
      return code;
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** Which services, each on a free port where none is named. */
export function placementArgs(target: string, ports: Readonly<Record<string, number>> = {}): readonly string[] {
  const names = target.split(',');
  const grpc = names.includes('predictor') ? ['predictor/grpc'] : [];
  return [`--target=${target}`, ...[...names, ...grpc].map((name) => `--port=${name}=${ports[name] ?? 0}`)];
}

/** The environment without what would change how the lab behaves. */
function cleanEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(MLAB_|SERVICE_B_URL|DATABASE_URL|NATS_URL|OTEL_|NODE_TEST)/.test(name));
  return Object.fromEntries(kept) as Record<string, string>;
}
