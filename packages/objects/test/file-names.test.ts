import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, foldersOf, placeOf } from '#/folder/file-names.ts';
import { HARD_KEYS } from './hard-keys.ts';

/** The key again, from its names alone. */
function keyOf({ folders, file }: ReturnType<typeof placeOf>): string {
  const names = [...folders.map((name) => bytesOf(name, true)), bytesOf(file, false)];
  return Buffer.concat(names.map((bytes) => bytes ?? assert.fail())).toString();
}

const random = (length: number): string =>
  Array.from({ length }, () => String.fromCodePoint(32 + Math.floor(Math.random() * (Math.random() < 0.7 ? 94 : 40_000)))).join('');

const KEYS = [...HARD_KEYS, ...Array.from({ length: 2000 }, (_, index) => random(1 + (index % 200)).replaceAll(/^\/|\/(?=\/)|\/$/g, 'x'))];

test('a key is found again from its names', () => {
  for (const key of KEYS) assert.equal(keyOf(placeOf(key)), key.toWellFormed());
});

test('names are safe everywhere: lower case, short, no device, no dot at an end', () => {
  for (const key of KEYS) {
    const { folders, file } = placeOf(key);
    for (const name of [...folders, file]) {
      assert.match(name, /^(?!\.)[a-z0-9._%@+=-]{1,255}(?<!\.)$/, key);
      assert.doesNotMatch(name, /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/, key);
    }
  }
});

test('what people name is readable', () => {
  const table: readonly [string, string][] = [
    ['runs/42/model.onnx', 'runs/42/model.onnx@object'],
    ['Runs/a b', '%52uns/a%20b@object'],
    ['con/nul.txt', '%63on/%6eul.txt@object'],
    ['console/a.', 'console/a%2e@object'],
    [`${'a'.repeat(80)}/b`, `${'a'.repeat(80)}+/=/b@object`],
    ['a'.repeat(85), `${'a'.repeat(80)}+/aaaaa@object`],
  ];
  for (const [key, path] of table) {
    const { folders, file } = placeOf(key);
    assert.equal([...folders, file].join('/'), path);
  }
  assert.deepEqual(foldersOf(Buffer.from('../a//')), ['%2e%2e', 'a', '=']);
});

test('a name that no key leads to stands for none', () => {
  for (const name of ['.incoming', 'A', 'a b', '%41%', '%4', '%4D', '%61', 'con', '.x', 'x.', 'ä', 'a@object'])
    assert.equal(bytesOf(name, true), undefined, name);
  for (const name of ['a', 'A@object', 'a@object.bak', '%61@object', '.a@object', '@objec'])
    assert.equal(bytesOf(name, false), undefined, name);
});
