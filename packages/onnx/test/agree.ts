import assert from 'node:assert/strict';
import type { Outputs } from '#/scorer/columns.ts';

const TOLERANCE = 1e-6;

/** Whether two answers are the same: numbers within 1e-6 (of their size, where they are greater than 1), all else exactly. */
export function assertAgree(ours: Outputs, theirs: Outputs, what: string): void {
  assert.deepEqual(Object.keys(ours), Object.keys(theirs), `${what}: outputs`);
  for (const [name, { type, dims, data }] of Object.entries(theirs)) {
    const own = ours[name];
    assert.equal(own?.type, type, `${what}: type of ${name}`);
    assert.deepEqual(own?.dims, dims, `${what}: dimensions of ${name}`);
    for (let at = 0; at < data.length; at++) {
      const [a, b] = [own?.data[at], data[at]];
      const same = typeof a === 'number' && typeof b === 'number' ? isNear(a, b) : a === b;
      assert.ok(same, `${what}: ${name}[${at}] is ${a}, and ONNX Runtime says ${b}`);
    }
  }
}

export const isNear = (a: number, b: number, tolerance = TOLERANCE): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
