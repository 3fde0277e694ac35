import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForeignRequest } from '@mlab/kernel';
import { map, message, readMessage, text } from '@mlab/mlflow';

const Labelled = message({ trace_tags: map(text()) }, { required: true });

const read = (body: string): unknown =>
  readMessage(Labelled, {
    method: 'POST',
    params: {},
    query: '',
    headers: {},
    contentType: 'application/json',
    body: Buffer.from(body),
    stream: undefined as never,
    origin: 'http://localhost',
  } satisfies ForeignRequest);

test('a map takes any keys', () => {
  assert.deepEqual(read('{"trace_tags": {"a": "1", "": "", "__proto__": "x"}}'), {
    trace_tags: Object.fromEntries([
      ['a', '1'],
      ['', ''],
      ['__proto__', 'x'],
    ]),
  });
  assert.deepEqual(read('{}'), { trace_tags: {} });
});

for (const [body, said] of [
  ['{"trace_tags": []}', /'trace_tags' supplied:  Hint: Value was of type 'list'/],
  ['{"trace_tags": {"a": 1}}', /'trace_tags\.a' supplied:  Hint: Value was of type 'int'/],
  ['{"trace_tags": {"a": null}}', /'trace_tags\.a' supplied/],
  [String.raw`{"trace_tags": {"\u0000": "x"}}`, /'trace_tags' supplied:  Hint: It has the character NUL/],
] as const) {
  test(`${body} is refused by its place`, () => {
    assert.throws(() => read(body), said);
  });
}
