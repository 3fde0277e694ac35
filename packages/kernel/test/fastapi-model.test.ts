import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Type } from '@mlab/schema';
import { compileModel } from '#/http/fastapi/model.ts';

interface Reading {
  readonly body: unknown;
  readonly value?: unknown;
  readonly issues?: unknown;
}

interface Recording {
  readonly kind: string;
  readonly schema: object;
  readonly readings: readonly Reading[];
}

const recordings = JSON.parse(readFileSync(new URL('pydantic/recorded.json', import.meta.url), 'utf8')) as readonly Recording[];

describe('a model reads as pydantic does', () => {
  for (const { kind, schema, readings } of recordings) {
    test(kind, () => {
      const model = compileModel(schema);
      assert.ok(readings.length > 50);
      for (const { body, ...expected } of readings) assert.deepEqual(model(body, []), expected, JSON.stringify(body));
    });
  }
});

const one = (field: object) => compileModel<{ x?: unknown }>({ type: 'object', properties: { x: field }, required: ['x'] });
const typesOf = (model: ReturnType<typeof one>, x: unknown): unknown => {
  const reading = model({ x }, ['body']);
  return 'value' in reading ? reading.value.x : reading.issues.map(({ type }) => type).join();
};

describe('where pydantic has Python behind it, a model refuses rather than changes', () => {
  const table: readonly (readonly [schema: object, value: unknown, expected: unknown])[] = [
    [Type.Integer(), 2 ** 53, 'int_parsing_size'],
    [Type.Integer(), '9007199254740993', 'int_parsing_size'],
    [Type.Integer(), 12345678901234567890n, 'int_parsing_size'],
    [Type.Integer(), 7n, 7],
    [Type.Number(), 12345678901234567890n, 12345678901234567000],
    [Type.Number(), 'nan', 'finite_number'],
    [Type.Number(), '-Infinity', 'finite_number'],
    [Type.Number(), '1e400', 'finite_number'],
    [Type.Boolean(), 2n ** 63n - 1n, 'bool_parsing'],
    [Type.Boolean(), 2n ** 63n, 'bool_type'],
    [Type.Boolean(), '\ud800', 'string_unicode'],
    [Type.Integer(), '\ud800', 'string_unicode'],
    [Type.Number(), '\ud800', 'string_unicode'],
    [Type.String({ minLength: 1 }), '\ud800', 'string_unicode'],
    [Type.String(), '\ud800', '\ud800'],
    [Type.String({ minLength: 3 }), '🐟🐟', 'string_too_short'],
    [Type.String({ maxLength: 2 }), '🐟🐟', '🐟🐟'],
  ];
  for (const [schema, value, expected] of table) {
    test(`${JSON.stringify(schema)} of ${typeof value} ${String(value)}`, () => assert.equal(typesOf(one(schema), value), expected));
  }
});

test('an optional field stays absent, and only null in its schema makes null good', () => {
  const model = compileModel({ type: 'object', properties: { x: Type.Integer(), y: Type.Union([Type.Integer(), Type.Null()]) } });
  assert.deepEqual(model({}, []), { value: {} });
  assert.deepEqual(model({ y: null }, []), { value: { y: null } });
  assert.ok('issues' in model({ x: null }, []));
});

test('a default list is not shared', () => {
  const model = compileModel<{ x: number[] }>({ type: 'object', properties: { x: Type.Array(Type.Integer(), { default: [] }) } });
  const read = (): number[] => {
    const reading = model({}, []);
    assert.ok('value' in reading);
    return reading.value.x;
  };
  read().push(1);
  assert.deepEqual(read(), []);
});

test('what every object inherits is not in a body', () => {
  const model = compileModel<object>(Type.Object({ input: Type.String() }));
  assert.deepEqual(model({ constructor: 1, input: 'x' }, []), { value: { input: 'x' } });
  assert.throws(() => one({ type: 'object', properties: { constructor: Type.String() } }), /a name that every object has/);
});

describe('a schema that says more than is enforced is refused when it is compiled', () => {
  const table: readonly (readonly [schema: object, sentence: RegExp])[] = [
    [Type.String({ format: 'date' }), /The schema of the model\.x says format, which is not supported here/],
    [Type.Object({}, { additionalProperties: false }), /says additionalProperties/],
    [Type.Array(Type.String(), { uniqueItems: true }), /says uniqueItems/],
    [Type.Record(Type.String(), Type.String()), /The schema of the model\.x\.\* says type/],
    [Type.Union([Type.String(), Type.Integer()]), /union of more than one kind/],
    [{ type: ['string', 'null'] }, /has the type string,null/],
    [{ type: 'array' }, /The schema of the model\.x\[\] is missing/],
    [{ type: 'string', minLength: '1' }, /gives minLength something that is not a number/],
    [{ $ref: '#/x' }, /says \$ref/],
  ];
  for (const [schema, sentence] of table) test(JSON.stringify(schema), () => assert.throws(() => one(schema), sentence));
});
