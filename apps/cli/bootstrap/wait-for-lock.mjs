import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLock } from './lock.mjs';
import { say } from './say.mjs';

/** Runs `work` while holding the lock; waits as long as somebody else alive holds it, since that one is installing the same. */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let told = false;
  for (;;) {
    const lock = tryLock(file);
    if (lock.release) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (!told && lock.pid) {
      say(`Waiting for process ${lock.pid}, which is installing the same …`);
      told = true;
    }
    await delay(100);
  }
}
