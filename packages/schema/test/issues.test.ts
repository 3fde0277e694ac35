import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compile, Type, type TSchema } from '@mlab/schema';
import { inWords, issuesOf } from '@mlab/schema/issues';

const wordsOf = (schema: TSchema, value: unknown): readonly string[] =>
  issuesOf(Compile(schema).Errors(value), value).map((issue) => `${issue.loc.join('.')} ${inWords(issue)}`.trimStart());

const weights = Type.Union([Type.Literal('none'), Type.Literal('balanced'), Type.Record(Type.String(), Type.Number({ minimum: 0 }))]);
const CASES: readonly (readonly [string, TSchema, unknown, readonly string[]])[] = [
  ['a type', Type.Object({ n: Type.Integer() }), { n: '3' }, ['n must be integer, got "3"']],
  ['a constant', Type.Literal('a'), 'b', ['must be "a", got "b"']],
  ['an enumeration', Type.Enum(['p', 'q', 'r']), 'z', ['must be "p", "q", or "r", got "z"']],
  ['a choice of constants', Type.Union([Type.Literal(-1), Type.Literal(0), Type.Literal(1)]), 2, ['must be -1, 0, or 1, got 2']],
  ['a choice of types', Type.Union([Type.Integer(), Type.Null()]), 'x', ['must be integer or null, got "x"']],
  ['a choice of other kinds', weights, 7, ['must be "none", "balanced", or object, got 7']],
  ['no choice', Type.Intersect([Type.Number({ multipleOf: 2 }), Type.Number({ minimum: 5 })]), 3, ['must be >= 5, got 3']],
  ['inside a choice', Type.Object({ w: weights }), { w: { a: -1, b: 1 } }, ['w.a must be >= 0, got -1']],
  ['a name with slashes', Type.Object({ 'a/b~c': Type.Number() }), { 'a/b~c': 'x' }, ['a/b~c must be number, got "x"']],
  ['a stranger', Type.Object({}, { additionalProperties: false }), { x: 1 }, ['x is not a known field, got 1']],
  ['something missing', Type.Object({ a: Type.Number() }), { b: 1 }, ['must have required properties a']],
  [
    'two at once',
    Type.Object({ a: Type.Number(), b: Type.Null() }),
    { a: '', b: 0 },
    ['a must be number, got ""', 'b must be null, got 0'],
  ],
  ['something long', Type.Null(), 'x'.repeat(100), [`must be null, got "${'x'.repeat(79)}…`]],
];

for (const [name, schema, value, words] of CASES) test(`${name} is said in words`, () => assert.deepEqual(wordsOf(schema, value), words));
