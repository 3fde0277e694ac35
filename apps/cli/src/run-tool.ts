import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { repositoryFolder } from './home.ts';

export interface ToolRun {
  readonly code: number;
  readonly output: string;
}

export interface Tool {
  readonly args: readonly string[];
  /** Collects the output instead of showing it. */
  readonly quiet?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a JavaScript program with this Node, in the repository; it ends when we are asked to end. */
export async function runTool({ args, quiet = false, env = process.env }: Tool): Promise<ToolRun> {
  const child = spawn(process.execPath, args, {
    cwd: repositoryFolder,
    env: { ...env, PATH: [dirname(process.execPath), env['PATH']].filter(Boolean).join(delimiter) },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve(exitCode ?? 128 + (signal ? constants.signals[signal] : 1)));
    });
    return { code, output: Buffer.concat(chunks).toString('utf8') };
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
