import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mayBeInexact, parseExactly } from '#/http/fastapi/exact-value.ts';

describe('integers keep their digits and floats their value', () => {
  const table: readonly (readonly [json: string, value: unknown])[] = [
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['9007199254740993.0', 9007199254740992],
    ['1e22', 1e22],
    ['-0', 0],
    ['-0.0', -0],
    ['-0e1', -0],
    ['[-0,[12345678901234567890]]', [0, [12345678901234567890n]]],
    ['{"a" : 12345678901234567890 , "a":1}', { a: 1 }],
    [' "12345678901234567890" ', '12345678901234567890'],
    ['"a\\\\"', 'a\\'],
    ['{"\\"":"\\ud83d\\udc1f\\""}', { '"': '🐟"' }],
    ['[\n]', []],
    ['{ }', {}],
    ['\t[ true ,false , null\r\n]', [true, false, null]],
    ['{"constructor":1,"1":2}', { constructor: 1, 1: 2 }],
  ];
  for (const [json, value] of table) test(json, () => assert.deepEqual(parseExactly(json), value));
});

test('without long integers a value is what JSON.parse makes of it', () => {
  for (let round = 0; round < 2000; round++) {
    const json = JSON.stringify(value(round, 5), undefined, round % 3);
    assert.deepEqual(parseExactly(json), JSON.parse(json), json);
  }
});

test('whoever may be inexact is noticed', () => {
  for (const json of ['12345678901234567', '[-0]', '9007199254740993', '-0.0']) assert.ok(mayBeInexact(json), json);
  for (const json of ['123456789012345', '[0,-1]', '1e300']) assert.ok(!mayBeInexact(json), json);
});

test('the deepest value that is let in can be read', () => {
  assert.doesNotThrow(() => parseExactly('{"a":'.repeat(1000) + '1' + '}'.repeat(1000)));
});

/** Values that a number picks, so that each round has another and every run the same. */
function value(seed: number, depth: number): unknown {
  const next = Math.imul(seed + 1, 2_654_435_761) >>> 7;
  const items = depth === 0 ? [] : Array.from({ length: next % 4 }, (_, index) => value(next + index, depth - 1));
  if (depth > 0 && next % 3 === 0) return items;
  if (depth > 0 && next % 3 === 1) return Object.fromEntries(items.map((item, index) => [`k"${index}\n`, item]));
  return [next, next / 7, -next, `a\\"${next}\u0000🐟`, '', true, null, next * 1e-9][next % 8];
}
