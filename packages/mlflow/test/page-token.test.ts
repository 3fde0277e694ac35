import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageToken, readPageStart, readPageToken } from '@mlab/mlflow';

const encode = (text: string): string => Buffer.from(text).toString('base64');

test('a token says where a page begins as MLflow writes it, and what the page before ended with', () => {
  assert.equal(pageToken(1), 'eyJvZmZzZXQiOiAxfQ==');
  assert.deepEqual(readPageStart(pageToken(7)), { offset: 7, after: undefined });
  assert.deepEqual(readPageStart(pageToken(7, 'a1-b_c')), { offset: 7, after: 'a1-b_c' });
  assert.equal(readPageToken(pageToken(7, 'a1')), 7);
  for (const nothing of [undefined, '']) assert.deepEqual(readPageStart(nothing), { offset: 0, after: undefined });
  assert.deepEqual(readPageStart(encode('{"offset": "12", "after": "x", "more": {}}')), { offset: 12, after: 'x' });
});

test('what no search has given is no token', () => {
  const texts = ['{"offset": 0}', '{"offset": -1}', '{"offset": 1.5}', '{"offset": 1e300}', '{}', '5', 'null', '{'];
  const ends = ['5', '""', '"a b"', String.raw`"a\u0000"`, '["a"]', `"${'x'.repeat(257)}"`];
  for (const text of [...texts, ...ends.map((after) => `{"offset": 1, "after": ${after}}`)])
    assert.throws(() => readPageStart(encode(text)), /Invalid page token/, text);
  for (const token of ['x', '%%%%', 'a'.repeat(8000)])
    assert.throws(() => readPageStart(token), /Invalid page token, could not base64-decode/);
});
