import { readFileSync } from 'node:fs';
import { Host } from '@mlab/kernel';
import { LEVELS, openLog, type Level, type Log } from '@mlab/telemetry';
import { readPlacement } from './placement.ts';
import { services } from './services.ts';

/**
 * One process of the platform. With an IPC channel it says when it is ready or why it is not, and ends when the other side
 * goes away, so that a supervisor that dies leaves nothing behind.
 */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

function openProcessLog(env: NodeJS.ProcessEnv): Log {
  const level = (env['MLAB_LOG_LEVEL'] ?? 'info') as Level;
  if (!LEVELS.includes(level)) throw new Error(`MLAB_LOG_LEVEL is "${level}"; it takes ${LEVELS.join(', ')}.`);
  const file = env['MLAB_LOG_FILE'];
  const maxBytes = Number(env['MLAB_LOG_MAX_BYTES'] ?? 67_108_864);
  if (!Number.isInteger(maxBytes) || maxBytes < 1)
    throw new Error(`MLAB_LOG_MAX_BYTES is "${env['MLAB_LOG_MAX_BYTES']}"; it takes a number of bytes.`);
  if (file !== undefined && file !== '') return openLog({ level, file, maxBytes });
  return openLog({ level, pretty: process.stdout.isTTY });
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
  const { env, ...placement } = readPlacement(process.argv.slice(2), process.env, services);
  await using host = await Host.start({ ...placement, env, logger, version });
  const running = [...host.urls].map(([name, url]) => ({ name, url }));
  logger.info({ services: running, node: process.version, version }, 'ready');
  process.send?.({ type: 'ready', services: running });
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
