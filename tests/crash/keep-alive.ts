import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that is started again whenever it ends, as a supervisor does it. */
export interface Kept {
  /** Resolves when it has said that it is ready. */
  ready(): Promise<void>;
  /** SIGKILL; it comes back by itself. */
  kill(): Promise<void>;
  /** SIGKILL, and it stays away. */
  end(): Promise<void>;
}

const AGAIN_AFTER_MS = 100;

export function keepAlive(start: () => ChildProcess): Kept {
  let wanted = true;
  let child = start();
  let ready = once(child, 'message');
  const follow = (): void => {
    // Whoever waits for a process that ends before it is ready waits for the next one.
    ready.catch(() => {});
    child.once('exit', () => void again());
  };
  const again = async (): Promise<void> => {
    await delay(AGAIN_AFTER_MS);
    if (!wanted) return;
    child = start();
    ready = once(child, 'message');
    follow();
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  follow();
  return {
    ready: async () => void (await ready),
    kill,
    end: () => {
      wanted = false;
      return kill();
    },
  };
}
