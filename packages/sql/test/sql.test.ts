import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, type Sql } from '@mlab/kernel';
import { identifier, join, jsonb, sql, unnest, verbatim, type SqlValue } from '#/index.ts';
import { statementOf } from '#/sql.ts';

const both = ({ text, values }: Sql): [string, readonly unknown[]] => [text, values];

test('values stand apart from the text, whatever is in them', () => {
  const name = `it's "$1"; DROP TABLE model; --`;
  assert.deepEqual(both(sql`SELECT id FROM model WHERE name = ${name} AND size > ${3}`), [
    'SELECT id FROM model WHERE name = $1 AND size > $2',
    [name, '3'],
  ]);
});

test('a statement inside another becomes part of its text, with its values numbered anew', () => {
  const recent = sql`created_at > ${new Date(0)}`;
  const condition = join([sql`name = ${'a'}`, recent, sql`NOT deleted`], sql` AND `);
  assert.deepEqual(both(sql`SELECT ${identifier('na"me')} FROM model WHERE ${condition} LIMIT ${10}`), [
    'SELECT "na""me" FROM model WHERE name = $1 AND created_at > $2 AND NOT deleted LIMIT $3',
    ['a', '1970-01-01T00:00:00.000Z', '10'],
  ]);
  assert.deepEqual(both(sql`${sql``}${sql`a ${1}`}${2}${sql`${3} b`}`), ['a $1$2$3 b', ['1', '2', '3']]);
  assert.deepEqual(both(join([])), ['', []]);
});

test('one place in the code gives one text and one name, also with other values; a statement put together has no name', () => {
  const find = (id: number): Sql => sql`SELECT ${id}`;
  const [first, second] = [statementOf(find(1)), statementOf(find(2))];
  assert.equal(first.name, second.name);
  assert.notEqual(first.name, statementOf(sql`SELECT ${1}`).name);
  assert.notEqual(first.name, undefined);
  assert.equal(statementOf(sql`SELECT ${sql`1`}`).name, undefined);
});

test('nothing but the tag makes a statement', () => {
  const forged = [{ text: 'SELECT 1', values: [] }, Object.create(Object.getPrototypeOf(sql`SELECT 1`) as object) as object];
  for (const object of forged) assert.throws(() => statementOf(object as Sql), /no statement of the sql tag/);
  assert.throws(() => sql`SELECT ${forged[0] as unknown as SqlValue}`, /pass it as jsonb\(object\)/);
  assert.throws(() => sql(['SELECT 1'] as unknown as TemplateStringsArray), /template tag/);
  assert.throws(() => sql`SELECT 1 ${verbatim('WHERE $1', [1])}`, /verbatim/);
});

test('what the database would change, or could not hold, is refused before it is sent', () => {
  for (const text of ['a\0b', '\uD800', 'x\uDC00y'])
    assert.throws(
      () => sql`SELECT ${text}`,
      (error) => AppError.is(error, 'invalid'),
    );
  assert.throws(
    () => sql`SELECT ${['a', 'a\0b']}`,
    (error) => AppError.is(error, 'invalid'),
  );
  for (const date of [new Date(Number.NaN), new Date('+010000-01-01T00:00:00Z'), new Date('-000001-01-01T00:00:00Z')])
    assert.throws(
      () => sql`SELECT ${date}`,
      (error) => AppError.is(error, 'invalid'),
    );
  assert.throws(() => sql`SELECT ${undefined as unknown as null}`, /undefined stands among the values/);
  assert.throws(() => sql`SELECT ${[undefined as unknown as null]}`, /undefined stands among the values/);
  assert.throws(() => sql`SELECT ${(() => 1) as unknown as null}`, /A function stands among the values/);
  for (const value of [{ a: 'x\0y' }, ['\uD800'], { 'k\uDFFF': 1 }, 'x\\\0'])
    assert.throws(
      () => jsonb(value),
      (error) => AppError.is(error, 'invalid'),
    );
  assert.throws(() => jsonb(undefined), /no form in JSON/);
});

test('a name is quoted, and one that PostgreSQL would cut is refused', () => {
  assert.equal(identifier('a"; DROP TABLE x; --').text, '"a""; DROP TABLE x; --"');
  for (const name of ['', 'a'.repeat(64), 'ä'.repeat(32), 'a\0b']) assert.throws(() => identifier(name), /cannot be a name/);
});

test('unnest takes columns of one length and of known types', () => {
  assert.deepEqual(both(sql`SELECT a FROM ${unnest({ a: ['int4', [1, 2]], 'b"': ['text', ['x', null]] })}`), [
    'SELECT a FROM unnest($1::int4[], $2::text[]) AS row_of("a", "b""")',
    ['{1,2}', '{"x",NULL}'],
  ]);
  assert.throws(() => unnest({ a: ['int4', [1, 2]], b: ['int4', [1]] }), /one length, and got 2 and 1/);
  assert.throws(() => unnest({}), /no column/);
  assert.throws(() => unnest({ a: ['text[]; DROP TABLE x' as 'text', []] }), /knows no type/);
});
