import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Home, logFile, repositoryFolder } from '../home.ts';
import { appendLogLine } from '../logs/append.ts';
import type { ProcessPlan } from '../topology.ts';
import { type ChildLife, followChild } from './child-life.ts';

/** Starts the platform with the services of one process. */
export function launchPlatform(plan: ProcessPlan, home: Home): ChildLife {
  const program = process.env['MLAB_PLATFORM_MAIN'] ?? join(repositoryFolder, 'apps', 'platform', 'main.ts');
  const file = logFile(home, plan.name);
  const child = spawn(process.execPath, [program, ...platformArguments(plan)], {
    env: { ...process.env, MLAB_HOME: home.folder, MLAB_LOG_FILE: file, NODE_COMPILE_CACHE: home.compiled },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: the terminal's Ctrl-C reaches the supervisor alone, which then stops the processes in their order.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  return followChild(child, (line) => appendLogLine(file, { level: 'warn', process: plan.name, message: line }));
}

function platformArguments(plan: ProcessPlan): string[] {
  return [
    `--target=${plan.services.map((service) => service.name).join(',')}`,
    ...plan.services.flatMap((service) => ['--port', `${service.name}=${service.port}`]),
    ...plan.peers.flatMap((peer) => ['--peer', `${peer.service}=${peer.url}`]),
  ];
}
