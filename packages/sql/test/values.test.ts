import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rootCall, type Queryable, type Row, type Sql } from '@mlab/kernel';
import {
  bigint,
  bytes,
  integer,
  isInvalidPattern,
  json,
  jsonb,
  listOf,
  number,
  sql,
  text,
  timestamp,
  unnest,
  type OpenedService,
} from '#/index.ts';
import { openTestDatabase, openTestService, testOwner, type TestDatabase } from '#/testing.ts';

let server: TestDatabase;
let service: OpenedService;
const db = (): Queryable => service.database.for(rootCall('test', 20_000));

before(async () => {
  server = await openTestDatabase();
  service = await openTestService(await testOwner('values'), server.url, {
    migrations: ['CREATE TABLE note (id int PRIMARY KEY, note text)'],
  });
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** What comes back of a statement with one column. */
const back = <T>(statement: Sql, map: (value: unknown) => T): Promise<T | undefined> =>
  db().first(statement, (row: Row) => map(Object.values(row)[0]));

test('every text comes back as it was', async () => {
  const texts = [
    `it's "$1" \\ {a,b} NULL`,
    '',
    '𝕏 ü \u{10FFFF}\u2028\r\n\t\u0001',
    '$$; DROP TABLE note; --',
    String.raw`\u0000 \\u0000 \ud800`,
    'x'.repeat(1_000_000),
  ];
  for (const value of texts) {
    assert.equal(await back(sql`SELECT ${value}::text`, text), value);
    assert.deepEqual(await back(sql`SELECT ${[value, null]}::text[]`, (found) => found), [value, null]);
    assert.deepEqual(await back(sql`SELECT ${jsonb({ [value]: [value] })}`, json), { [value]: [value] });
  }
});

test('every value comes back as it was', async () => {
  for (const value of [0, -0, 1.5, 5e-324, 1.797_693_134_862_315_7e308, Number.NaN, Number.POSITIVE_INFINITY, 0.1 + 0.2]) {
    assert.ok(Object.is(await back(sql`SELECT ${value}::float8`, number), value), String(value));
    assert.deepEqual(await back(sql`SELECT ${[value]}::float8[]`, (found) => listOf(number, found)), [value]);
  }
  assert.deepEqual(await back(sql`SELECT ${new Float64Array([1, Number.NaN])}::float8[]`, (found) => listOf(number, found)), [
    1,
    Number.NaN,
  ]);
  assert.equal(await back(sql`SELECT ${-(2n ** 63n)}::int8`, bigint), -(2n ** 63n));
  assert.deepEqual(await back(sql`SELECT ${[1n, 2n ** 62n]}::int8[]`, (found) => listOf(bigint, found)), [1n, 2n ** 62n]);
  assert.equal(await back(sql`SELECT count(*) FROM note`, integer), 0);
  const times = ['0001-01-01T00:00:00.000Z', '1883-11-18T12:00:00.123Z', '2026-03-29T01:30:00.999Z', '9999-12-31T23:59:59.999Z'];
  for (const time of times) assert.equal((await back(sql`SELECT ${new Date(time)}::timestamptz`, timestamp))?.toISOString(), time);
  const blob = Uint8Array.from({ length: 300 }, (_, index) => index % 256).subarray(7);
  assert.deepEqual(Uint8Array.from((await back(sql`SELECT ${blob}::bytea`, bytes)) ?? []), blob);
  assert.deepEqual(await back(sql`SELECT ${[blob]}::bytea[]`, (found) => listOf(bytes, found)), [Buffer.from(blob)]);
  assert.equal(await back(sql`SELECT '2026-03-29'::date`, text), '2026-03-29');
  assert.equal(await back(sql`SELECT '2026-03-29 02:30'::timestamp`, text), '2026-03-29 02:30:00');
  assert.deepEqual(
    await back(
      sql`SELECT ${[
        [1, 2],
        [3, 4],
      ]}::int4[][]`,
      (found) => found,
    ),
    [
      [1, 2],
      [3, 4],
    ],
  );
});

test('many rows go in by one statement of one text', async () => {
  const ids = Array.from({ length: 5000 }, (_, index) => index);
  const notes = ids.map((id) => (id % 7 === 0 ? null : `note "${id}", {\\}`));
  const columns = unnest({ id: ['int4', Int32Array.from(ids)], note: ['text', notes] });
  assert.equal(await db().run(sql`INSERT INTO note (id, note) SELECT id, note FROM ${columns}`), 5000);
  const found = await db().all(sql`SELECT note FROM note ORDER BY id`, (row) => row['note']);
  assert.deepEqual(found, notes);
});

test('one statement at a time: what hides a second one is refused', async () => {
  await assert.rejects(db().run(sql`SELECT 1; DROP TABLE note`), /cannot insert multiple commands/);
  await assert.rejects(db().run(sql`SELECT ${sql`1; DROP TABLE note`}`), /cannot insert multiple commands/);
});

test('a regular expression that is none is told from other failures', async () => {
  await assert.rejects(back(sql`SELECT 'a' ~ ${'(['}`, text), isInvalidPattern);
  await assert.rejects(back(sql`SELECT ${'a'}::int`, integer), (error) => !isInvalidPattern(error));
});
