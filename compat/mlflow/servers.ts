/** What is tested: ours as the product starts it, or MLflow's own server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describeEmbedded, startEmbedded } from '@mlab/sql/embedded';
import { startServer, urlOf } from '../../bench/load/server.ts';
import type { Environment } from './python.ts';
import { CannotTest } from './python.ts';

export interface Target extends AsyncDisposable {
  readonly name: string;
  /** What a user sets as MLFLOW_TRACKING_URI. */
  readonly uri: string;
  readonly isOurs: boolean;
}

const PLATFORM = fileURLToPath(new URL('../../apps/platform/main.ts', import.meta.url));
const START_SECONDS = 120;

/** Both services in one process and the gateway in another, on free ports; all they write lies in `folder`. */
export async function startOurs(folder: string): Promise<Target> {
  await using stack = new AsyncDisposableStack();
  const description = describeEmbedded();
  if (!description.available) throw new CannotTest(description.reason);
  const postgres = stack.use(await startEmbedded({ folder: join(folder, 'postgres') }));
  const program = (name: string, target: string) => ({
    name,
    command: [PLATFORM, `--target=${target}`, ...target.split(',').flatMap((service) => ['--port', `${service}=0`])] as [
      string,
      ...string[],
    ],
    env: {
      DATABASE_URL: postgres.url,
      MLAB_HOME: folder,
      MLAB_LOG_FILE: join(folder, `${name}.log`),
      // The tests of webhooks listen on this machine.
      MLAB_REGISTRY_WEBHOOKS_ALLOW_PRIVATE: 'true',
    },
  });
  stack.use(await startServer(program('platform', 'tracking,registry')));
  const gateway = stack.use(await startServer(program('gateway', 'gateway')));
  const running = stack.move();
  return {
    name: 'mlab',
    uri: `${urlOf(gateway, 'gateway')}/mlflow`,
    isOurs: true,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** `mlflow server` of the release whose client asks, as its documentation starts it, with SQLite and files in `folder`. */
export async function startMlflow({ python, mlflow }: Environment, folder: string, env: NodeJS.ProcessEnv): Promise<Target> {
  const port = await freePort();
  const store = `sqlite:///${join(folder, 'mlflow.db')}`;
  const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', `${port}`, '--workers', '2', '--backend-store-uri', store];
  const child = spawn(python, [...args, '--artifacts-destination', join(folder, 'artifacts')], {
    cwd: folder,
    // A group of its own, because it starts others and does not always end them.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...env,
      DO_NOT_TRACK: 'true',
      MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
      _MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
      MLFLOW_WEBHOOK_CACHE_TTL: '1',
      MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: Buffer.alloc(32, 'k').toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
    },
  });
  const log = createWriteStream(join(folder, 'mlflow.log'));
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const gone = once(child, 'exit');
  const endGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has ended already.
    }
  };
  const endWithParent = (): void => endGroup('SIGKILL');
  process.once('exit', endWithParent);
  const stop = async (): Promise<void> => {
    endGroup('SIGTERM');
    await Promise.race([gone, wait(5000, undefined, { ref: false })]);
    endGroup('SIGKILL');
    process.off('exit', endWithParent);
  };
  const uri = `http://127.0.0.1:${port}`;
  try {
    await untilItAnswers(`${uri}/health`, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw new Error(`mlflow server ${mlflow} did not start; ${join(folder, 'mlflow.log')} says why.`, { cause: error });
  }
  return { name: `mlflow server ${mlflow}`, uri, isOurs: false, [Symbol.asyncDispose]: stop };
}

async function untilItAnswers(url: string, hasEnded: () => boolean): Promise<void> {
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end; await wait(100)) {
    if (hasEnded()) break;
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
  }
  throw new Error(`${url} did not answer`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
