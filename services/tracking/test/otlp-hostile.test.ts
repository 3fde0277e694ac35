import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { AppError } from '@mlab/kernel';
import { readJson } from '#/domain/otlp/read-json.ts';
import { readProtobuf } from '#/domain/otlp/read-protobuf.ts';
import { bytes, fixed64, number, spanMessage, tag, text, type TestSpan } from './otlp-messages.ts';

const recorded = (name: string): Buffer => readFileSync(new URL(`otlp/${name}.bin`, import.meta.url));
const SPAN: TestSpan = { traceId: '0af7651916cd43dd8448eb211c80319c', id: 'b7ad6b7169203331' };
const inScope = (...spans: readonly Buffer[]): Buffer => bytes(1, bytes(2, ...spans.map((span) => bytes(2, span))));
const attributeOf = (value: Buffer): string | undefined =>
  readProtobuf(inScope(Buffer.concat([spanMessage(SPAN), bytes(9, text(1, 'a'), bytes(2, value))])))?.[0]?.attributes.get('a');

/** The code of an error that is a refusal; all else is a defect. */
function refusal(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    assert.ok(AppError.is(error), `${String(error)}\n${(error as Error).stack}`);
    return error.code;
  }
  return undefined;
}

describe('hostile protobuf is refused', () => {
  const deep = (levels: number): Buffer => {
    let value: Buffer = text(1, 'x');
    for (let level = 0; level < levels; level++) value = bytes(6, bytes(1, Buffer.concat([text(1, 'k'), bytes(2, value)])));
    return value;
  };
  for (const [what, request, code] of [
    ['a span without a trace id', inScope(bytes(2, Buffer.alloc(8, 1))), 'invalid'],
    ['a span without an id', inScope(bytes(1, Buffer.alloc(16, 1))), 'invalid'],
    ['a trace id of 17 bytes', inScope(spanMessage({ ...SPAN, traceId: 'ab'.repeat(17) })), 'invalid'],
    ['a time that no database keeps', inScope(spanMessage({ ...SPAN, start: 2n ** 63n })), 'invalid'],
    ['a length beyond all of it', Buffer.from([0x0a, 0x7f, 0x00]), 'malformed'],
    ['a length beyond its message', Buffer.concat([Buffer.from([0x0a, 0x02, 0x12, 0x04]), bytes(1), bytes(1), bytes(1)]), 'malformed'],
    ['a length of ten bytes', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), 'malformed'],
    ['a number of eleven bytes', Buffer.alloc(64, 0xff), 'malformed'],
    ['a field with the number 0', Buffer.from([0x02, 0x00]), 'malformed'],
    ['a group', Buffer.from([0x0b, 0x0c]), 'malformed'],
    ['resource spans that are a number', number(1, 1), 'malformed'],
    ['a name that is a number', inScope(Buffer.concat([spanMessage(SPAN), number(5, 1)])), 'malformed'],
    ['a time that is a text', inScope(Buffer.concat([spanMessage(SPAN), text(7, 'now')])), 'malformed'],
    ['a name that is not UTF-8', inScope(Buffer.concat([spanMessage(SPAN), bytes(5, Buffer.from([0xff, 0xfe]))])), 'malformed'],
    [
      'a value that is half a double',
      inScope(Buffer.concat([spanMessage(SPAN), bytes(9, bytes(2, Buffer.from([0x21, 0, 0])))])),
      'malformed',
    ],
    ['a value of a hundred levels', inScope(Buffer.concat([spanMessage(SPAN), bytes(9, bytes(2, deep(40)))])), 'malformed'],
    [
      'a value of a hundred thousand levels',
      inScope(Buffer.concat([spanMessage(SPAN), bytes(9, bytes(2, Buffer.from('0a'.repeat(100_000), 'hex')))])),
      'malformed',
    ],
    ['too many spans', inScope(...Array.from<Buffer>({ length: 50_001 }).fill(spanMessage(SPAN))), 'too_large'],
    [
      'too many values',
      inScope(Buffer.concat([spanMessage(SPAN), bytes(9, bytes(2, bytes(5, Buffer.alloc(2_000_004, Buffer.from([0x0a, 0x00])))))])),
      'too_large',
    ],
  ] as const) {
    test(what, () =>
      assert.equal(
        refusal(() => readProtobuf(request)),
        code,
      ),
    );
  }

  test('twenty levels are not too many', () => assert.match(attributeOf(deep(20)) ?? '', /^(\{"k": ){20}"x"\}{20}$/));
  test('fields of later versions are passed over', () => {
    const later = Buffer.concat([
      spanMessage(SPAN),
      text(99, 'new'),
      number(98, 1),
      fixed64(97, 1n),
      Buffer.concat([tag(96, 5), Buffer.alloc(4)]),
    ]);
    assert.equal(readProtobuf(inScope(later))?.length, 1);
  });
  test('nothing has no spans, an empty list has none either', () => {
    assert.equal(readProtobuf(Buffer.alloc(0)), undefined);
    assert.deepEqual(readProtobuf(bytes(1)), []);
  });

  test('cut, changed and random bytes are read or refused', () => {
    const whole = recorded('mlflow-3.17');
    for (let length = 0; length < whole.length; length += 7) refusal(() => readProtobuf(whole.subarray(0, length)));
    let seed = 42;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const changed = Buffer.from(whole);
      for (let times = 0; times <= round % 4; times++) changed[random(changed.length)] = random(256);
      if (refusal(() => readProtobuf(changed)) !== undefined) refused++;
      refusal(() => readProtobuf(Buffer.from(Array.from({ length: 40 }, () => random(256)))));
    }
    assert.ok(refused > 300 && refused < 3000, `${refused} of 3000 were refused`);
  });
});

describe('hostile JSON is refused', () => {
  const one = (span: object): string =>
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: SPAN.traceId, spanId: SPAN.id, ...span }] }] }] });
  for (const [what, request, code] of [
    ['no JSON', '{', 'malformed'],
    ['a list', '[]', 'malformed'],
    ['resource spans that are none', '{"resourceSpans": 1}', 'malformed'],
    ['an id in other letters', one({ spanId: 'zz' }), 'malformed'],
    ['no id', one({ spanId: '' }), 'invalid'],
    ['a name that is a number', one({ name: 1 }), 'malformed'],
    ['a time before the first', one({ startTimeUnixNano: -1 }), 'malformed'],
    ['a time that is a word', one({ startTimeUnixNano: 'now' }), 'malformed'],
    ['a status that is a word', one({ status: { code: 'FINE' } }), 'malformed'],
    ['an integer that is not', one({ attributes: [{ key: 'a', value: { intValue: '1.5' } }] }), 'malformed'],
    ['an integer of 65 bits', one({ attributes: [{ key: 'a', value: { intValue: '9223372036854775808' } }] }), 'malformed'],
    ['attributes that are an object', one({ attributes: { a: 1 } }), 'malformed'],
    [
      'deep values',
      one({ attributes: [{ key: 'a', value: JSON.parse('{"arrayValue":{"values":['.repeat(60) + '{}' + ']}}'.repeat(60)) as object }] }),
      'malformed',
    ],
  ] as const) {
    test(what, () =>
      assert.equal(
        refusal(() => readJson(request)),
        code,
      ),
    );
  }
  test('nothing is no spans', () => assert.equal(readJson('{}'), undefined));
  test('a key that is nothing is a key', () =>
    assert.equal(
      readJson(one({ attributes: [{ key: '__proto__', value: { stringValue: 'x' } }] }))?.[0]?.attributes.get('__proto__'),
      '"x"',
    ));
});
