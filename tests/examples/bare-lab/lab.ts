/** The lab as its user starts it, two processes on free ports and a database, for the examples to be tried on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTestDatabase } from '@mlab/sql/testing';
import { startServer, urlOf } from '../../../bench/load/server.ts';
import { shared } from '../../together.ts';

interface Lab extends AsyncDisposable {
  readonly serviceA: string;
  readonly serviceB: string;
}

const PLATFORM = fileURLToPath(new URL('../../../apps/platform/main.ts', import.meta.url));

async function startLab(): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'mlab-examples-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const start = async (service: string, env: Record<string, string>): Promise<string> => {
    const command = [PLATFORM, `--target=${service}`, '--port', `${service}=0`] as const;
    const settings = { MLAB_HOME: folder, MLAB_LOG_FILE: join(folder, `${service}.log`), ...env };
    return urlOf(stack.use(await startServer({ name: service, command, env: settings })), service);
  };
  const database = stack.use(await openTestDatabase());
  const serviceB = await start('predictor', {});
  const serviceA = await start('gateway', { SERVICE_B_URL: `${serviceB}/predict`, DATABASE_URL: database.url });
  const running = stack.move();
  return { serviceA, serviceB, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** For all files that run in this process; nobody changes it but by asking. */
export const { use: sharedLab, leave: leaveLab } = shared<void, Lab>(startLab);
