import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { keyValuesText, membersOf } from '#/domain/otlp/key-values.ts';
import { readJson } from '#/domain/otlp/read-json.ts';
import { readProtobuf } from '#/domain/otlp/read-protobuf.ts';
import { attributeText, doubleText } from '#/domain/otlp/value-text.ts';
import { anyValue, bytes, exportRequest, spanMessage, text, type TestSpan } from './otlp-messages.ts';

const recorded = (name: string): Buffer => readFileSync(new URL(`otlp/${name}.bin`, import.meta.url));
const SPAN: TestSpan = { traceId: '0af7651916cd43dd8448eb211c80319c', id: 'b7ad6b7169203331' };
const inScope = (...spans: readonly Buffer[]): Buffer => bytes(1, bytes(2, ...spans.map((span) => bytes(2, span))));
const attributeOf = (value: Buffer): string | undefined =>
  readProtobuf(inScope(Buffer.concat([spanMessage(SPAN), bytes(9, text(1, 'a'), bytes(2, value))])))?.[0]?.attributes.get('a');

describe('what real exporters send is read', () => {
  test("MLflow's client 3.17", () => {
    const spans = readProtobuf(recorded('mlflow-3.17')) ?? [];
    assert.deepEqual(
      spans.map(({ name, status }) => [name, status]),
      [
        ['ask', 'OK'],
        ['search', 'OK'],
        ['chat', 'OK'],
        ['parse', 'ERROR'],
      ],
    );
    const [root, search, , parse] = spans;
    assert.equal(root?.parentId, undefined);
    assert.equal(search?.parentId, root?.id);
    assert.match(root?.traceId ?? '', /^[0-9a-f]{32}$/);
    assert.equal(search?.attributes.get('big'), '9007199254740993');
    assert.equal(search?.attributes.get('whole'), '2.0');
    assert.equal(search?.attributes.get('list'), '[1, "a", null, {"b": 2.5}]');
    assert.equal(search?.attributes.get('mlflow.spanOutputs'), '["Zürich", "東京"]');
    assert.equal(parse?.message, 'ValueError: no <answer> in 😀');
    assert.match(parse?.events[0]?.attributes ?? '', /"exception\.message": "no <answer> in 😀"/);
    assert.ok((search?.end ?? 0n) > (search?.start ?? 0n) && (search?.start ?? 0n) > 1_700_000_000_000_000_000n);
  });

  test("MLflow's client 3.6", () => {
    assert.deepEqual(
      readProtobuf(recorded('mlflow-3.6'))?.map(({ name }) => name),
      ['ask', 'search', 'chat', 'parse'],
    );
  });

  test("OpenTelemetry's own SDK", () => {
    const spans = readProtobuf(recorded('opentelemetry-js')) ?? [];
    const chat = spans.find(({ name }) => name === 'chat gpt-4o');
    const cart = spans.find(({ name }) => name === 'GET /cart');
    assert.deepEqual(Object.fromEntries(cart?.resource ?? []), {
      'service.name': 'shop',
      'deployment.environment.name': 'test',
      'host.cpus': '4',
    });
    assert.deepEqual(chat?.links, [{ traceId: cart?.traceId, spanId: cart?.id, attributes: '{"why": "retry"}' }]);
    assert.deepEqual(
      chat?.events.map(({ name, attributes }) => [name, attributes]),
      [['first token', '{"after_ms": 12.5}']],
    );
    assert.equal(cart?.attributes.get('ratios'), '[0.5, 1]');
  });
});

describe('JSON says the same as protobuf', () => {
  const links = [{ traceId: SPAN.traceId, spanId: SPAN.id, attributes: { why: 'retry' } }];
  const events = [{ name: 'e', time: 1_700_000_000_123_456_789n, attributes: { n: 3n } }];
  const attributes = {
    text: 'ä',
    yes: true,
    whole: -5n,
    big: 9_223_372_036_854_775_807n,
    half: 0.5,
    list: ['a', null],
    map: { k: { deep: 1n } },
  };
  const span = { ...SPAN, parentId: '00f067aa0ba902b7', name: 'n', attributes, events, links, code: 2, message: 'm' };
  const json = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: SPAN.traceId.toUpperCase(),
                spanId: SPAN.id,
                parentSpanId: '00f067aa0ba902b7',
                name: 'n',
                kind: 1,
                flags: 1,
                startTimeUnixNano: '1700000000000000000',
                endTimeUnixNano: '1700000001500000000',
                attributes: [
                  { key: 'text', value: { stringValue: 'ä' } },
                  { key: 'yes', value: { boolValue: true } },
                  { key: 'whole', value: { intValue: -5 } },
                  { key: 'big', value: { intValue: '9223372036854775807' } },
                  { key: 'half', value: { doubleValue: 0.5 } },
                  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, {}] } } },
                  {
                    key: 'map',
                    value: {
                      kvlistValue: {
                        values: [{ key: 'k', value: { kvlistValue: { values: [{ key: 'deep', value: { intValue: '1' } }] } } }],
                      },
                    },
                  },
                ],
                events: [{ name: 'e', timeUnixNano: '1700000000123456789', attributes: [{ key: 'n', value: { intValue: 3 } }] }],
                links: [{ traceId: SPAN.traceId, spanId: SPAN.id, attributes: [{ key: 'why', value: { stringValue: 'retry' } }] }],
                status: { code: 'STATUS_CODE_ERROR', message: 'm' },
              },
            ],
          },
        ],
      },
    ],
  };
  test('a span with everything', () => {
    assert.deepEqual(readJson(JSON.stringify(json)), readProtobuf(exportRequest([span], { 'service.name': 'shop' })));
  });
  test('in snake case', () => {
    const snake = JSON.stringify(json).replaceAll(
      /"([a-z]+[A-Z]\w*)":/g,
      (_, name: string) => `"${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`,
    );
    assert.match(snake, /"trace_id":/);
    assert.deepEqual(readJson(snake), readJson(JSON.stringify(json)));
  });
});

describe('values', () => {
  for (const [value, expected] of [
    [anyValue('plain'), '"plain"'],
    [anyValue('{"a": 1}'), '{"a": 1}'],
    [anyValue(' [1]'), ' [1]'],
    [anyValue('"quoted"'), '"quoted"'],
    [anyValue('12'), '"12"'],
    [anyValue('{"a": '), String.raw`"{\"a\": "`],
    [anyValue('{"nul": "\\u0000"}'), String.raw`"{\"nul\": \"\\u0000\"}"`],
    [anyValue('nul \0'), '"nul \ufffd"'],
    [anyValue(Buffer.from([1, 2])), '"AQI="'],
    [anyValue(-9_223_372_036_854_775_808n), '-9223372036854775808'],
    [anyValue(Number.NaN), '"NaN"'],
    [anyValue(1e21), '1e+21'],
    [anyValue({}), '{}'],
    [Buffer.alloc(0), 'null'],
    [Buffer.concat([anyValue('first'), anyValue(2n)]), '2'],
  ] as const) {
    test(`${value.toString('hex').slice(0, 40)} is ${expected}`, () => assert.equal(attributeOf(value), expected));
  }

  test('a text that is long JSON stays a text', () => assert.match(attributeText(`[${'0,'.repeat(2_100_000)}0]`), /^"/));
  test('a text that is deep JSON stays a text', () => assert.match(attributeText('['.repeat(70) + ']'.repeat(70)), /^"/));
  test('what is not finite has a word', () =>
    assert.deepEqual([Infinity, -Infinity, -0].map(doubleText), ['"Infinity"', '"-Infinity"', '-0.0']));

  test('attributes are written as OTLP has them, their numbers as they were', () => {
    const object =
      '{"a": "x \\" y", "n": 9007199254740993, "f": 2.0, "e": 1e-7, "t": true, "z": null, "l": [1, {"k": "v"}], "m": {}, "big": 9223372036854775808}';
    assert.equal(
      keyValuesText(object),
      '[{"key":"a","value":{"string_value":"x \\" y"}},{"key":"n","value":{"int_value":9007199254740993}},{"key":"f","value":{"double_value":2.0}},' +
        '{"key":"e","value":{"double_value":1e-7}},{"key":"t","value":{"bool_value":true}},{"key":"z","value":{}},' +
        '{"key":"l","value":{"array_value":{"values":[{"int_value":1},{"kvlist_value":{"values":[{"key":"k","value":{"string_value":"v"}}]}}]}}},' +
        '{"key":"m","value":{"kvlist_value":{"values":[]}}},{"key":"big","value":{"double_value":9223372036854775808}}]',
    );
    assert.deepEqual(membersOf(object).slice(0, 3), [
      ['"a"', '"x \\" y"'],
      ['"n"', '9007199254740993'],
      ['"f"', '2.0'],
    ]);
  });
});
