import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { Host, readConfig } from '@mlab/kernel';
import { openLog, type Log } from '@mlab/telemetry';
import { openFacilities } from './facilities.ts';
import { giveMemoryBack } from './give-memory-back.ts';
import { logSettings } from './log-settings.ts';
import { readPlacement } from './placement.ts';

/**
 * One process of the platform. With an IPC channel it says when it is ready or why it is not, and ends when the other side
 * goes away, so that a supervisor that dies leaves nothing behind.
 */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

function openProcessLog(env: NodeJS.ProcessEnv): Log {
  const { level, file, maxBytes } = readConfig('log', logSettings, env);
  return openLog(file === '' ? { level, pretty: process.stdout.isTTY } : { level, file, maxBytes });
}

async function run(): Promise<void> {
  using log = openProcessLog(process.env);
  const { logger } = log;
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'unexpected error, the process ends');
    log[Symbol.dispose]();
    process.exit(1);
  });
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    process.on('disconnect', () => resolve('the supervisor went away'));
  });
  const { env, ...placement } = await readPlacement(process.argv.slice(2), process.env);
  await using facilities = await openFacilities({ env, services: placement.services, logger, version });
  await using host = await Host.start({ ...placement, env, logger, version, facilities });
  const running = [...host.urls].map(([name, url]) => ({ name, url, grpc: host.grpcUrls.get(name) }));
  logger.info({ services: running, node: process.version, version }, 'ready');
  process.send?.({ type: 'ready', services: running });
  setImmediate(() => {
    // Node would write at the end what it has compiled, and who is killed has none.
    flushCompileCache();
    giveMemoryBack();
  });
  logger.info({ reason: await stopped }, 'draining');
}

try {
  await run();
  process.exitCode = 0;
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${reason}\n`);
  process.send?.({ type: 'failed', reason });
  process.exitCode = 1;
}
// Nothing is under way any more; whatever still holds the process open has no more to say.
if (process.connected) process.disconnect();
