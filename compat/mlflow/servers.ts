/** What is tested: ours as the product starts it, or MLflow's own server. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEmbedded, startEmbedded } from '@mlab/sql/embedded';
import { startServer, urlOf, type ServerProgram } from '../../bench/load/server.ts';
import { startMlflowServer } from './mlflow-server.ts';
import { CannotTest } from '../python-environment.ts';
import type { Environment } from './environment.ts';

export interface Target extends AsyncDisposable {
  readonly name: string;
  /** What a user sets as MLFLOW_TRACKING_URI. */
  readonly uri: string;
  /** Whether it is asked what MLflow's own server cannot. */
  readonly isOurs: boolean;
}

const PLATFORM = fileURLToPath(new URL('../../apps/platform/main.ts', import.meta.url));

/** The services of `target` in one process, on free ports; all they write lies in `folder`. */
export const platformProgram = (name: string, target: string, databaseUrl: string, folder: string): ServerProgram => ({
  name,
  command: [PLATFORM, `--target=${target}`, ...target.split(',').flatMap((service) => ['--port', `${service}=0`])],
  env: { DATABASE_URL: databaseUrl, MLAB_HOME: folder, MLAB_LOG_FILE: join(folder, `${name}.log`) },
});

/** Tracking, registry and training in one process and the gateway in another, with a PostgreSQL of their own. */
export async function startOurs(folder: string): Promise<Target> {
  await using stack = new AsyncDisposableStack();
  const description = describeEmbedded();
  if (!description.available) throw new CannotTest(description.reason);
  const { url } = stack.use(await startEmbedded({ folder: join(folder, 'postgres') }));
  const gateway = stack.use(await startServer(platformProgram('gateway', 'gateway', url, folder)));
  const uri = `${urlOf(gateway, 'gateway')}/mlflow`;
  const platform = platformProgram('platform', 'tracking,registry,training', url, folder);
  const env = {
    // The tests of webhooks listen on this machine.
    MLAB_REGISTRY_WEBHOOKS_ALLOW_PRIVATE: 'true',
    MLAB_TRAINING_COMMANDS: 'true',
    MLAB_TRAINING_TRACKING_URI: uri,
  };
  stack.use(await startServer({ ...platform, env: { ...platform.env, ...env } }));
  const running = stack.move();
  return {
    name: 'mlab',
    uri,
    isOurs: true,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Of the release whose client asks, with SQLite and files in `folder`. */
export async function startMlflow(environment: Environment, folder: string, env: NodeJS.ProcessEnv): Promise<Target> {
  const server = await startMlflowServer(environment, {
    folder,
    args: ['--workers', '2'],
    env: {
      ...env,
      // The tests of webhooks listen on this machine, and wait for no cache.
      MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
      MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
      MLFLOW_WEBHOOK_CACHE_TTL: '1',
      MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: Buffer.alloc(32, 'k').toString('base64'),
    },
  });
  return {
    name: `mlflow server ${environment.mlflow}`,
    uri: server.uri,
    isOurs: false,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
