import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestBus } from './buses.ts';
import { until } from './stage.ts';

export interface Child extends AsyncDisposable {
  readonly lines: readonly string[];
  /** Resolves once it has said a line. */
  said(line: string): Promise<unknown>;
  /** Resolves once it has ended. */
  readonly ended: Promise<unknown>;
  kill(): Promise<void>;
}

/** Starts `child.ts` in a role. */
export function startChild(role: string, { adminUrl, settings }: TestBus, changes: object = {}): Child {
  const script = fileURLToPath(new URL('child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, role, adminUrl, JSON.stringify({ ...settings, ...changes })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    lines,
    said: (line) =>
      until(
        () => lines,
        () => lines.includes(line),
      ),
    ended,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
