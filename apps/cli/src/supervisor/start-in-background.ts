import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { type Home, logFile, openHome, repositoryFolder } from '../home.ts';
import { AlreadyRunning } from './supervisor.ts';

/** What the supervisor in the background tells the command that started it, once. */
export type BackgroundNews = { type: 'up'; failures: readonly string[] } | { type: 'refused'; reason: string; alreadyRunning: boolean };

/** Resolves when all that can be is ready, with a sentence for each that did not start; the supervisor goes on without us. */
export async function startInBackground(args: readonly string[], home: Home): Promise<readonly string[]> {
  openHome(home);
  const output = openSync(logFile(home, 'supervisor'), 'a', 0o600);
  const child = spawn(process.execPath, [join(repositoryFolder, 'apps', 'cli', 'src', 'main.ts'), 'supervise', ...args], {
    // Code that is compiled already takes half of the memory: what strips the types is not loaded at all.
    env: { ...process.env, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] || home.compiled },
    detached: true,
    windowsHide: true,
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  const news = await new Promise<BackgroundNews>((resolve, reject) => {
    child.once('message', (message) => resolve(message as BackgroundNews));
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new CliError(`The supervisor ended at once (${signal ?? `code ${code}`}); ${logFile(home, 'supervisor')} tells more.`)),
    );
  });
  if (child.connected) child.disconnect();
  child.unref();
  if (news.type === 'refused') throw new (news.alreadyRunning ? AlreadyRunning : CliError)(news.reason);
  return news.failures;
}
