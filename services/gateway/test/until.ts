import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until something can be seen, for ten seconds at most. */
export async function until(what: string, seen: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!(await seen())) {
    assert.ok(performance.now() < limit, `not within ten seconds: ${what}`);
    await delay(5);
  }
}
