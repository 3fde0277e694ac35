import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isWithinLimits, MAX_DEPTH } from '#/http/json/json-limits.ts';
import { findJsonFault } from '#/http/json/python-json.ts';

describe('a fault is told in the words of Python and counted in code points', () => {
  const table: readonly (readonly [document: string, message: string, offset: number])[] = [
    ['{bad', 'Expecting property name enclosed in double quotes', 1],
    ['{"a":1,}', 'Expecting property name enclosed in double quotes', 7],
    ['{"a" 1}', "Expecting ':' delimiter", 5],
    ['{"a":1 "b"', "Expecting ',' delimiter", 7],
    ['["🐟🐟" 1]', "Expecting ',' delimiter", 6],
    ['["\ud800" 1]', "Expecting ',' delimiter", 5],
    ['[1,]', 'Expecting value', 3],
    ['', 'Expecting value', 0],
    [' ', 'Expecting value', 1],
    ['-', 'Expecting value', 0],
    ['nul', 'Expecting value', 0],
    ['{} x', 'Extra data', 3],
    ['01', 'Extra data', 1],
    ['1.e5', 'Extra data', 1],
    ['1e+', 'Extra data', 1],
    ['"a', 'Unterminated string starting at', 0],
    [' "a\\', 'Unterminated string starting at', 1],
    ['"a\nb"', 'Invalid control character at', 2],
    ['"a\\qb"', 'Invalid \\escape', 2],
    ['"a\\u12x4"', 'Invalid \\uXXXX escape', 3],
    ['"a\\u1234', 'Invalid \\uXXXX escape', 3],
    ['[NaN]', 'NaN is not a JSON number', 1],
    ['[-Infinity]', '-Infinity is not a JSON number', 1],
    ['[NaN,]', 'Expecting value', 5],
    ['[Infinity,NaN]', 'Infinity is not a JSON number', 1],
    ['["🐟", 1e999]', 'Number out of range', 6],
    ['{"__proto\\u005F_":1}', 'The key __proto__ is not allowed', 1],
    ['['.repeat(MAX_DEPTH + 1), 'Nesting deeper than 1000 levels', MAX_DEPTH],
    ['['.repeat(MAX_DEPTH), 'Expecting value', MAX_DEPTH],
  ];
  for (const [document, message, offset] of table) {
    test(JSON.stringify(document.slice(0, 40)), () => assert.deepEqual(findJsonFault(document), { message, offset }));
  }
});

test('the scanner accepts what JSON.parse accepts, and refuses what it refuses', () => {
  const next = seeded(20_260_101);
  let accepted = 0;
  // Each refusal is an error, and nobody reads where it was made.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (let round = 0; round < 40_000; round++) {
    const document = randomDocument(next);
    const isJson = parses(document);
    if (isJson) accepted++;
    assert.equal(findJsonFault(document) === undefined, isJson, JSON.stringify(document));
  }
  Error.stackTraceLimit = stackTraceLimit;
  assert.ok(accepted > 4000, `only ${accepted} documents were JSON`);
});

describe('a value is within the limits', () => {
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  const table: readonly (readonly [name: string, value: unknown, isWithin: boolean])[] = [
    ['a scalar', 1, true],
    ['the deepest', nested(MAX_DEPTH), true],
    ['one deeper', nested(MAX_DEPTH + 1), false],
    ['far deeper than any stack', nested(200_000), false],
    ['deep objects', JSON.parse('{"a":'.repeat(MAX_DEPTH) + '1' + '}'.repeat(MAX_DEPTH)), true],
    ['deeper objects', JSON.parse('{"a":'.repeat(MAX_DEPTH + 1) + '1' + '}'.repeat(MAX_DEPTH + 1)), false],
    ['a number too large', JSON.parse('1e400'), false],
    ['a number too large in a list in an object', JSON.parse('{"a":[0,-1e400]}'), false],
    ['__proto__', JSON.parse('{"a":[{"__proto__":1}]}'), false],
    ['constructor', JSON.parse('{"constructor":{"prototype":1}}'), true],
    ['many', JSON.parse(`[${'[1,{"a":null}],'.repeat(10_000)}0]`), true],
  ];
  for (const [name, value, isWithin] of table) test(name, () => assert.equal(isWithinLimits(value), isWithin));
});

function parses(document: string): boolean {
  try {
    JSON.parse(document);
    return true;
  } catch {
    return false;
  }
}

const PIECES = [
  '{', '}', '[', ']', ',', ':', '"a"', '"b":', '""', '"', '\\', '\\u00e9', '\\ud83d', '\\n', '\\x', 'u', 'é', '🐟', '\u0000', '\u001f', ' ', '\n', '\u00a0', '0', '7', '-', '.', 'e', 'E+', '1.5',
  '-0', '1e5', 'true', 'false', 'null', 'nul', 'N', '[7]', '{"a":7}', '[[],{}]', '{"a":[true,{"b":null}]}', '["x\\u0041y",-1.5e-3]',
]; // prettier-ignore

/** A few pieces in a row are seldom JSON, so most documents start as JSON and lose or gain a piece. */
function randomDocument(next: () => number): string {
  const below = (end: number): number => Math.floor(next() * end);
  const piece = (): string => PIECES[below(PIECES.length)] ?? '';
  const value = (depth: number): string => {
    const kind = below(depth === 0 ? 4 : 6);
    if (kind === 0) return ['7', '-0.5', '0', '12e3'][below(4)] ?? '';
    if (kind === 1) return `"${['a', '\\u00e9', '🐟', '\\"', '\\\\', ''][below(6)]}"`;
    if (kind < 4) return ['true', 'false', 'null', '[]', '{}'][below(5)] ?? '';
    const items = Array.from({ length: below(4) }, () => `${kind === 4 ? '' : '"k" :'}${value(depth - 1)}`).join(' ,\n');
    return kind === 4 ? `[ ${items}]` : `{${items} }`;
  };
  if (below(8) === 0) return Array.from({ length: below(6) }, piece).join('');
  let document = value(3);
  for (let change = below(3); change > 0; change--) {
    const at = below(document.length + 1);
    document = document.slice(0, at) + (below(2) === 0 ? piece() : '') + document.slice(at + below(3));
  }
  return document;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) / 2 ** 23;
  };
}
