import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, operation } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { fastapi } from '#/http/fastapi.ts';

const reader = fastapi.reader(
  operation('GET /things/:id', {
    summary: 'Things',
    scope: 'things:read',
    input: Type.Object({
      id: Type.Integer(),
      name: Type.String({ minLength: 1 }),
      limit: Type.Integer({ default: 10, minimum: 1 }),
      loud: Type.Optional(Type.Boolean()),
      tags: Type.Array(Type.String(), { default: [] }),
    }),
    output: Type.Object({}),
  }),
);

const read = (id: string, query: string): unknown => reader.read({ params: { id }, query, contentType: undefined, body: Buffer.alloc(0) });

for (const [id, query, expected] of [
  ['7', 'name=a', { id: 7, name: 'a', limit: 10, tags: [] }],
  ['7', 'name=a%20b+c&limit=3&loud=yes&unknown=1', { id: 7, name: 'a b c', limit: 3, loud: true, tags: [] }],
  ['7', 'name=a&name=b&tags=x&tags=y', { id: 7, name: 'b', limit: 10, tags: ['x', 'y'] }],
  ['7', 'name=a&id=8', { id: 7, name: 'a', limit: 10, tags: [] }],
] as const) {
  test(`/things/${id}?${query} is read`, () => assert.deepEqual(read(id, query), expected));
}

test('every fault of path and query is told at its place, in the order of the fields, as FastAPI tells it', () => {
  assert.throws(
    () => read('x', 'limit=0&loud=perhaps'),
    (error) => {
      assert.ok(AppError.is(error, 'invalid'));
      assert.deepEqual(
        error.issues?.map(({ type, loc, input }) => ({ type, loc, input })),
        [
          { type: 'int_parsing', loc: ['path', 'id'], input: 'x' },
          { type: 'missing', loc: ['query', 'name'], input: null },
          { type: 'greater_than_equal', loc: ['query', 'limit'], input: '0' },
          { type: 'bool_parsing', loc: ['query', 'loud'], input: 'perhaps' },
        ],
      );
      return true;
    },
  );
});

test('a call without a wire is checked the same', () => {
  assert.deepEqual(reader.check({ id: 7, name: 'a', tags: ['x'] }), { id: 7, name: 'a', limit: 10, tags: ['x'] });
  assert.throws(
    () => reader.check({ id: 7 }),
    (error) => AppError.is(error, 'invalid') && error.issues?.[0]?.loc.join('.') === 'query.name',
  );
});

const posted = fastapi.reader(
  operation('POST /things/:id/rows', {
    summary: 'Rows of things',
    scope: 'things:write',
    input: Type.Object({
      id: Type.Integer(),
      rows: Type.Array(Type.Record(Type.String(), Type.Unknown()), { default: [], maxItems: 2 }),
      limit: Type.Integer({ default: 10, minimum: 1 }),
    }),
    output: Type.Object({}),
  }),
);

const post = (id: string, body: string): unknown =>
  posted.read({ params: { id }, query: '', contentType: 'application/json', body: Buffer.from(body) });

test('what is not in the path of a POST is read from its body, which may be absent where nothing of it must be there', () => {
  const rows = [{ a: 1, constructor: [null], '': { b: '2' } }];
  assert.deepEqual(post('7', JSON.stringify({ rows, id: 8 })), { id: 7, rows, limit: 10 });
  assert.deepEqual(post('7', ''), { id: 7, rows: [], limit: 10 });
  assert.deepEqual(posted.check({ id: 7, rows }), { id: 7, rows, limit: 10 });
});

test('faults of path and body are told together', () => {
  for (const read of [() => post('x', '{"rows": [{}, [1]], "limit": 0}'), () => posted.check({ id: 'x', rows: [{}, [1]], limit: 0 })]) {
    assert.throws(read, (error) => {
      assert.ok(AppError.is(error, 'invalid'));
      assert.deepEqual(
        error.issues?.map(({ type, loc }) => [type, ...loc]),
        [
          ['int_parsing', 'path', 'id'],
          ['dict_type', 'body', 'rows', 1],
          ['greater_than_equal', 'body', 'limit'],
        ],
      );
      return true;
    });
  }
  assert.throws(
    () => post('7', 'nonsense'),
    (error) => AppError.is(error, 'invalid') && error.issues?.[0]?.type === 'json_invalid',
  );
});
