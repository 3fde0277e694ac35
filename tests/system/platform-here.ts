import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host } from '@mlab/kernel';
import { openLog } from '@mlab/telemetry';
import { openFacilities } from '../../apps/platform/facilities.ts';
import { readPlacement } from '../../apps/platform/placement.ts';
import { placementArgs, type PlatformProcess, type ProcessOptions } from './platform-process.ts';

export type PlatformHere = Pick<PlatformProcess, 'urls' | 'output'> & AsyncDisposable;

/**
 * What a process of the platform does, done in this one: the same placement, ports and database of its own, at a tenth of what a process
 * takes to start. For what would be no other in a process of its own; placements are tried in real ones as well.
 */
export async function startHere({ target, args = [], env = {}, ports = {} }: ProcessOptions): Promise<PlatformHere> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mlab-here-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const logFile = join(home, 'log');
  const { logger } = stack.use(openLog({ level: 'info', file: logFile }));
  const placement = await readPlacement([...placementArgs(target, ports), ...args], { MLAB_HOME: home, ...env });
  const common = { ...placement, logger, version: '0.0.0' };
  const facilities = stack.use(await openFacilities(common));
  const host = stack.use(await Host.start({ ...common, facilities }));
  const running = stack.move();
  return {
    urls: Object.fromEntries(host.urls),
    output: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
