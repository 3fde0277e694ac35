import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { AppError } from '@mlab/kernel/errors';
import type { Account } from './account.ts';
import { programPath } from './binaries.ts';
import { explainFailure } from './explain-failure.ts';

const WITHIN_MS = 120_000;

export interface Surroundings {
  /** Where the binaries are. */
  readonly binaries: string;
  /** The folder that the program works on, which is also the one it works in. */
  readonly data: string;
  readonly account: Account | undefined;
}

/** Runs one of PostgreSQL's programs to its end. */
export async function runProgram(
  program: 'initdb' | 'postgres',
  args: readonly string[],
  around: Surroundings & { input?: string },
): Promise<void> {
  const child = spawn(programPath(around.binaries, program), args, {
    cwd: around.data,
    env: environment(),
    stdio: ['pipe', 'ignore', 'pipe'],
    windowsHide: true,
    timeout: WITHIN_MS,
    killSignal: 'SIGKILL',
    ...around.account,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // A program that has ended early does not read its input, and why it ended is the news.
  child.stdin.on('error', () => undefined).end(around.input ?? '');
  const [code, output] = await Promise.all([ended, text(child.stderr)]).catch((error: unknown) => {
    throw new AppError('unavailable', `PostgreSQL's ${program} could not be started: ${String(error)}.`, { cause: error });
  });
  if (code !== 0)
    throw new AppError('unavailable', `PostgreSQL's ${program} failed: ${explainFailure(output)}.`, { cause: new Error(output) });
}

/** Of our own environment nothing that PostgreSQL would read; its messages are in English, since they are read by us. */
export function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot'];
  return { ...Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))), LC_ALL: 'C', TZ: 'UTC' };
}
