import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until something can be seen; fails with `what` when it cannot within `ms`. */
export async function waitUntil(what: string, ms: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + ms;
  while (!(await condition())) {
    assert.ok(performance.now() < limit, `${what}: not within ${ms} ms`);
    await delay(10);
  }
}

/** Lets load go on for a while: for measuring over a stretch of time, not for waiting on something. */
export const measureFor = (ms: number): Promise<void> => delay(ms);

/** The value of one line of a Prometheus exposition, or undefined. */
export async function metric(url: string, name: string, ...labels: readonly string[]): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(name) && labels.every((label) => candidate.includes(label)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}
