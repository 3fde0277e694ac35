import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bigint, boolean, bytes, integer, json, listOf, nullable, number, oneOf, text, timestamp } from '#/index.ts';
import { mapRow } from '#/row.ts';

const status = (value: unknown): string => oneOf(['open', 'closed'], value);

test('each mapper takes what the driver gives for its type', () => {
  const taken: readonly [(value: unknown) => unknown, unknown, unknown][] = [
    [text, '', ''],
    [integer, 7, 7],
    [integer, 9_007_199_254_740_991n, 9_007_199_254_740_991],
    [bigint, 9_223_372_036_854_775_807n, 9_223_372_036_854_775_807n],
    [bigint, -3, -3n],
    [number, Number.NaN, Number.NaN],
    [number, '12.50', 12.5],
    [number, '-Infinity', Number.NEGATIVE_INFINITY],
    [boolean, false, false],
    [timestamp, new Date(5), new Date(5)],
    [json, '{"a":[1,null]}', { a: [1, null] }],
    [json, 'null', null],
    [bytes, Buffer.from([1]), Buffer.from([1])],
    [status, 'open', 'open'],
    [(value) => nullable(integer, value), null, undefined],
    [(value) => listOf(bigint, value), [1n, 2n], [1n, 2n]],
  ];
  for (const [map, value, expected] of taken) assert.deepEqual(map(value), expected);
});

test('what is of another type is refused, with what it was', () => {
  const refused: readonly [(value: unknown) => unknown, unknown, RegExp][] = [
    [text, 1, /expected text, got a number/],
    [text, null, /expected text, got NULL/],
    [integer, 9_007_199_254_740_992n, /whole number .* got 9007199254740992/],
    [integer, 1.5, /whole number/],
    [integer, '1', /whole number .* got "1"/],
    [bigint, 1.5, /integer/],
    [number, '0x10', /a number, got "0x10"/],
    [number, '', /a number/],
    [boolean, 't', /true or false/],
    [timestamp, '2026-01-01', /timestamptz/],
    [timestamp, Number.POSITIVE_INFINITY, /timestamptz/],
    [bytes, 'x', /bytes/],
    [status, 'ajar', /one of open, closed, got "ajar"/],
    [(value) => nullable(integer, value), undefined, /no such column/],
    [(value) => listOf(text, value), '{a}', /an array/],
  ];
  for (const [map, value, expected] of refused) assert.throws(() => map(value), expected);
});

test('a row that cannot be mapped names its column', () => {
  const map = (row: Readonly<Record<string, unknown>>): unknown => [text(row['name']), integer(row['size'])];
  assert.throws(() => mapRow(map, { name: 'a', size: 'b' }), /Column size: expected a whole number/);
  assert.throws(() => mapRow(map, { name: 'a' }), /Column size: the statement gives no such column/);
});
