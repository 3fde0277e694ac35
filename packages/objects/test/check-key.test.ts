import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@mlab/kernel';
import { checkKey } from '#/check-key.ts';
import { HARD_KEYS } from './hard-keys.ts';

const REFUSED: Readonly<Record<string, readonly unknown[]>> = {
  string_type: [undefined, null, 42, {}, ['a'], Symbol('a'), new String('a')],
  string_too_short: [''],
  string_too_long: ['x'.repeat(901), 'é'.repeat(451), '😀'.repeat(226)],
  string_unicode: ['\ud800', 'a/\udfff', '\ud83dx', 'x\ude00\ud83d'],
  control_character: ['\0', 'a\0', 'a\nb', 'a\tb', '\u001b[2J', 'a\u007f', 'a\u0085b', 'a\r'],
  backslash: ['\\', 'a\\b', '..\\x', '\\\\server\\share', '\\\\?\\C:\\x'],
  absolute: ['/', '/a', '//server/share', '/../a', '///'],
  drive: ['C:', 'c:/x', 'C:x', 'z:/../x'],
  dots: ['.', '..', '../a', 'a/..', 'a/../b', './a', 'a/.', 'a/./b'],
  empty_part: ['a/', 'a//b', 'a/b/', 'a///'],
};

for (const [type, keys] of Object.entries(REFUSED)) {
  test(`a key is refused as ${type}`, () => {
    for (const key of keys) {
      assert.throws(
        () => checkKey(key),
        (error) => {
          assert.ok(AppError.is(error, 'invalid'), String(key));
          assert.deepEqual(
            error.issues?.map((issue) => [issue.type, issue.loc, issue.input]),
            [[type, ['key'], key]],
          );
          assert.doesNotMatch(error.message, /\p{Cc}/u);
          assert.ok(error.message.isWellFormed());
          return true;
        },
      );
    }
  });
}

test('all else is a key, percent signs as they are', () => {
  const more = ['x'.repeat(900), 'é'.repeat(450), '%00', '%5c', '..%2fx', '...', 'a/...', 'ab:', '😀', 'a/C:', '-rf', 'a/b/c'];
  for (const key of [...more, ...HARD_KEYS]) assert.equal(checkKey(key), key);
});
