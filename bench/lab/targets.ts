/** The four processes of one run: our two services as the product starts them, and the two bare ones beside them. */
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { startServer, urlOf, type RunningServer, type ServerProgram } from '../load/server.ts';

export interface Pair {
  readonly gateway: RunningServer;
  readonly predictor: RunningServer;
  readonly processUrl: string;
  readonly predictUrl: string;
}

export interface Targets extends AsyncDisposable {
  readonly bare: Pair;
  readonly ours: Pair;
}

const PLATFORM = fileURLToPath(new URL('../../apps/platform/main.ts', import.meta.url));
const bareServer = (name: string): string => fileURLToPath(new URL(`bare/${name}.ts`, import.meta.url));

/** `folder` takes the logs and all else that a service writes; `nodeFlags` go to our two processes. */
export async function startTargets(folder: string, nodeFlags: readonly string[]): Promise<Targets> {
  await using stack = new AsyncDisposableStack();
  const bare = await startPair(stack, (service, env) => ({ name: `bare ${service}`, command: [bareServer(service)], env }));
  const ours = await startPair(stack, (service, env) => ({
    name: service,
    command: [PLATFORM, `--target=${service}`, '--port', `${service}=0`],
    env: { ...env, MLAB_HOME: folder, MLAB_LOG_FILE: join(folder, `${service}.log`) },
    nodeFlags,
  }));
  const running = stack.move();
  return { bare, ours, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

type Program = (service: 'gateway' | 'predictor', env: Record<string, string>) => ServerProgram;

async function startPair(stack: AsyncDisposableStack, program: Program): Promise<Pair> {
  const predictor = stack.use(await startServer(program('predictor', {})));
  const predictUrl = `${urlOf(predictor, 'predictor')}/predict`;
  const gateway = stack.use(await startServer(program('gateway', { SERVICE_B_URL: predictUrl })));
  return { gateway, predictor, predictUrl, processUrl: `${urlOf(gateway, 'gateway')}/process` };
}
