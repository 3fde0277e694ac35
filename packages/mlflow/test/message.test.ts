import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ForeignRequest } from '@mlab/kernel';
import { answer, bool, double, int64, json, list, message, oneOf, readMessage, text, type Message, type MessageOf } from '@mlab/mlflow';
import { refusal } from './refusal.ts';

interface Sent {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly query?: string;
  readonly contentType?: string | undefined;
}

function request({ method = 'POST', body = '', query = '', ...rest }: Sent): ForeignRequest {
  const contentType = 'contentType' in rest ? rest.contentType : 'application/json';
  return {
    method,
    params: {},
    query,
    headers: {},
    contentType,
    body: Buffer.from(body as string),
    stream: undefined as never,
    origin: 'http://localhost',
  };
}

const read = <T>(of: Message<T>, body: string | Buffer): unknown => readMessage(of, request({ body }));

const SEE = 'See the API docs for more information about request parameters.';
const Everything = message({
  run_id: text({ required: true, legacy: 'run_uuid' }),
  value: double(),
  step: int64({ default: 0 }),
  status: oneOf(['RUNNING', 'SCHEDULED', 'FINISHED']),
  flag: bool(),
  tags: list(message({ key: text({ required: true }), value: text() })),
  ids: list(text()),
  inner: message({ numbers: list(int64()) }),
  anything: json(),
});

test('the type of a message says what it reads', () => {
  type Read = MessageOf<typeof Everything>;
  const one: Read = {
    run_id: 'r',
    value: undefined,
    step: 1,
    status: 'FINISHED',
    flag: undefined,
    tags: [{ key: 'k', value: undefined }],
    ids: ['a'],
    inner: { numbers: [1] },
    anything: undefined,
  };
  // @ts-expect-error -- a required field is never undefined
  const two: Read = { ...one, run_id: undefined };
  // @ts-expect-error -- a name that the enumeration does not have
  const three: Read = { ...one, status: 'KILLED' };
  assert.ok(two !== three);
});

test('what is absent or null is undefined, its default, or an empty list', () => {
  const empty = { value: undefined, step: 0, status: undefined, flag: undefined, tags: [], ids: [], inner: undefined, anything: undefined };
  const body =
    '{"run_id":"r","value":null,"step":null,"status":null,"flag":null,"tags":null,"ids":null,"inner":null,"anything":null,"x":[]}';
  assert.deepEqual(read(Everything, '{"run_id":"r"}'), { run_id: 'r', ...empty });
  assert.deepEqual(read(Everything, body), { run_id: 'r', ...empty });
});

test('one reading knows nothing of another', () => {
  const first = readMessage(Everything, request({ body: '{"run_id":"a","value":1,"ids":["x"]}' }));
  const second = readMessage(Everything, request({ body: '{"run_id":"b"}' }));
  assert.deepEqual([first.value, second.value, second.ids], [1, undefined, []]);
});

describe('a value is read as protobuf reads it from JSON', () => {
  const table: readonly (readonly [field: string, json: string, value: unknown])[] = [
    ['value', '"NaN"', Number.NaN],
    ['value', '"-Infinity"', Number.NEGATIVE_INFINITY],
    ['value', '"inf"', Number.POSITIVE_INFINITY],
    ['value', '" 1.5e3 "', 1500],
    ['value', '1e400', Number.POSITIVE_INFINITY],
    ['value', 'true', 1],
    ['value', 'NaN', Number.NaN],
    ['value', '-Infinity', Number.NEGATIVE_INFINITY],
    ['value', '-0.0', -0],
    ['step', '"12"', 12],
    ['step', '1.0', 1],
    ['step', '"1e3"', 1000],
    ['step', '"-7"', -7],
    ['step', '-0', 0],
    ['step', '9007199254740991', Number.MAX_SAFE_INTEGER],
    ['status', '"FINISHED"', 'FINISHED'],
    ['status', '3', 'FINISHED'],
    ['status', '"1"', 'RUNNING'],
    ['flag', 'false', false],
    ['ids', '["NaN","ä😀"]', ['NaN', 'ä😀']],
    ['inner', '{"numbers":["1",2]}', { numbers: [1, 2] }],
    ['anything', '{"a":[{"b":null}]}', { a: [{ b: null }] }],
  ];
  for (const [field, value, expected] of table) {
    test(`${field}: ${value}`, () => {
      assert.deepEqual((read(Everything, `{"run_id":"r","${field}":${value}}`) as Record<string, unknown>)[field], expected);
    });
  }
});

describe('what is no value of its field is refused with its path', () => {
  const wrong = (path: string, value: string, type: string): string =>
    `Invalid value ${value} for parameter '${path}' supplied:  Hint: Value was of type '${type}'. ${SEE}`;
  const table: readonly (readonly [body: string, message: string])[] = [
    ['{}', `Missing value for required parameter 'run_id'. ${SEE}`],
    ['{"run_id":""}', `Missing value for required parameter 'run_id'. ${SEE}`],
    ['{"run_id":null}', `Missing value for required parameter 'run_id'. ${SEE}`],
    ['{"run_id":"r","tags":[{"key":"a"},{"value":"b"}]}', `Missing value for required parameter 'tags[1].key'. ${SEE}`],
    ['{"run_id":[]}', wrong('run_id', '[]', 'list')],
    ['{"run_id":5}', wrong('run_id', '5', 'int')],
    ['{"run_id":"r","value":"abc"}', wrong('value', '"abc"', 'str')],
    ['{"run_id":"r","value":"nan!"}', wrong('value', '"nan!"', 'str')],
    ['{"run_id":"r","value":{"b":1,"a":"ä"}}', wrong('value', '{"a":"\\u00e4","b":1}', 'dict')],
    ['{"run_id":"r","step":1.5}', wrong('step', '1.5', 'float')],
    ['{"run_id":"r","step":true}', wrong('step', 'true', 'bool')],
    ['{"run_id":"r","step":"1 2"}', wrong('step', '"1 2"', 'str')],
    ['{"run_id":"r","step":NaN}', wrong('step', 'NaN', 'float')],
    ['{"run_id":"r","flag":"true"}', wrong('flag', '"true"', 'str')],
    ['{"run_id":"r","tags":{}}', wrong('tags', '{}', 'dict')],
    ['{"run_id":"r","inner":[]}', wrong('inner', '[]', 'list')],
    ['{"run_id":"r","inner":"x"}', wrong('inner', '"x"', 'str')],
    ['{"run_id":"r","tags":[null]}', wrong('tags[0]', 'null', 'NoneType')],
    ['{"run_id":"r","tags":[{"key":"k","value":1}]}', wrong('tags[0].value', '1', 'int')],
    ['{"run_id":"r","ids":["a",NaN]}', wrong('ids[1]', 'NaN', 'float')],
    ['{"run_id":"r","inner":{"numbers":[1,[2]]}}', wrong('inner.numbers[1]', '[2]', 'list')],
  ];
  for (const [body, expected] of table)
    test(body, () =>
      assert.equal(
        refusal(() => read(Everything, body)),
        expected,
      ),
    );

  test('whole numbers that JavaScript would round', () => {
    assert.match(
      refusal(() => read(Everything, '{"run_id":"r","step":9007199254740993}')),
      /'step' .* Whole numbers go from -9007199254740991 to/,
    );
    assert.match(
      refusal(() => read(Everything, '{"run_id":"r","step":"9223372036854775807"}')),
      /Whole numbers go from/,
    );
  });

  test('a name that an enumeration does not have', () => {
    assert.match(
      refusal(() => read(Everything, '{"run_id":"r","status":"DONE"}')),
      /"DONE" .*'status'.* one of RUNNING, SCHEDULED, FINISHED\./,
    );
    for (const number of ['0', '4', '1.5', '"99999999999"']) refusal(() => read(Everything, `{"run_id":"r","status":${number}}`));
  });

  test('text that no database keeps', () => {
    assert.match(
      refusal(() => read(Everything, String.raw`{"run_id":"a\u0000"}`)),
      /NUL/,
    );
    assert.match(
      refusal(() => read(Everything, String.raw`{"run_id":"a\ud800"}`)),
      /surrogate/,
    );
    assert.match(
      refusal(() => read(Everything, String.raw`{"run_id":"a","anything":{"\u0000":1}}`)),
      /NUL/,
    );
  });

  test('a long value is told back in part', () => {
    const long = 'x'.repeat(1_000_000);
    for (const value of [`["${long}"]`, `[${'1,'.repeat(500_000)}1]`, `{"${long}":1}`, `${'['.repeat(5000)}${']'.repeat(5000)}`]) {
      assert.ok(refusal(() => read(Everything, `{"run_id":${value}}`)).length < 1000);
    }
  });
});

describe('names', () => {
  test('a field may come under its name in camel case, but not under both', () => {
    assert.equal((read(Everything, '{"runId":"r"}') as { run_id: string }).run_id, 'r');
    assert.match(
      refusal(() => read(Everything, '{"run_id":"r","runId":"r"}')),
      /Request specifies both 'run_id' and 'runId'; provide only one of them\./,
    );
  });

  test('an older name is read when the new one is not there', () => {
    assert.equal((read(Everything, '{"run_uuid":"old"}') as { run_id: string }).run_id, 'old');
    assert.equal((read(Everything, '{"run_uuid":"old","run_id":"new"}') as { run_id: string }).run_id, 'new');
  });

  test('names that JavaScript objects have of themselves are nothing special', () => {
    assert.throws(() => message({ constructor: text() }), /cannot be called constructor/);
    const result = read(
      Everything,
      '{"run_id":"r","__proto__":{"flag":true,"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    ) as Record<string, unknown>;
    assert.equal(result['flag'], undefined);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.match(
      refusal(() => read(Everything, '{"run_id":"r","anything":[{"__proto__":1}]}')),
      /__proto__/,
    );
  });

  test('unknown fields may be anything', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    assert.equal((read(Everything, `{"x":${deep},"run_id":"r"}`) as { run_id: string }).run_id, 'r');
    const nested = (depth: number): string => `{"run_id":"r","anything":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    read(Everything, nested(64));
    refusal(() => read(Everything, nested(65)));
    assert.match(
      refusal(() => read(Everything, `{"anything":${deep},"run_id":"r"}`)),
      /nested deeper than 64 levels/,
    );
  });
});

describe('bodies', () => {
  test('NaN and Infinity may stand bare, and are left alone in texts', () => {
    const body = String.raw`{"run_id":"NaN, \"Infinity\" \\","value":-Infinity,"anything":{"NaN":[NaN,"-Infinity",Infinity,1]}}`;
    assert.deepEqual(read(message({ run_id: text(), value: double(), anything: json() }), body), {
      run_id: String.raw`NaN, "Infinity" \ `.trimEnd(),
      value: Number.NEGATIVE_INFINITY,
      anything: { NaN: [Number.NaN, '-Infinity', Number.POSITIVE_INFINITY, 1] },
    });
  });

  test('random JSON with such words is read as it was written', () => {
    const Any = message({ x: json() });
    for (let seed = 1; seed < 400; seed++) {
      const value = randomValue(random(seed), 4);
      assert.deepEqual(read(Any, `{"x":${write([value, Number.NaN])}}`), { x: [value, Number.NaN] });
    }
  });

  test('what is no JSON is refused, also with such words in it', () => {
    for (const body of [
      '{',
      '{"x":NaNa}',
      '{"x":aNaN}',
      '{"x":+Infinity}',
      '{"x":-NaN}',
      '{"x":Infinity1}',
      '{NaN:1}',
      '["',
      '{"x":N',
      '{"a":NaN}x',
      "{'a':NaN}",
    ]) {
      assert.match(
        refusal(() => read(message({ x: json() }), body)),
        /The body is not JSON/,
        body,
      );
    }
    assert.match(
      refusal(() => read(message({ x: json() }), `{"x":NaN,"y":${'['.repeat(600)}${']'.repeat(600)}}`)),
      /not JSON/,
    );
  });

  test('an empty one, null, and one that is encoded twice', () => {
    const Optional = message({ a: text() });
    for (const body of ['', 'null', '{}', '"{}"', '"null"']) assert.deepEqual(read(Optional, body), { a: undefined }, body);
    assert.deepEqual(read(Optional, JSON.stringify('{"a":"b"}')), { a: 'b' });
    assert.deepEqual(read(Optional, '\ufeff{"a":"b"}'), { a: 'b' });
    for (const body of ['[]', '5', '"5"', 'true', '"\\"{}\\""'])
      assert.match(
        refusal(() => read(Optional, body)),
        /must be a JSON object/,
        body,
      );
  });

  test('bytes that are no UTF-8 are refused, a replacement character is not', () => {
    const broken = Buffer.concat([Buffer.from('{"run_id":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    assert.match(
      refusal(() => read(Everything, broken)),
      /not UTF-8/,
    );
    assert.equal((read(Everything, '{"run_id":"\ufffd"}') as { run_id: string }).run_id, '\ufffd');
  });

  test('POST and PUT must say that they are JSON', () => {
    const asked = (method: string, contentType: string | undefined): unknown =>
      readMessage(Everything, request({ method, contentType, body: '{"run_id":"r"}' }));
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON']) asked('POST', type);
    for (const method of ['PATCH', 'DELETE']) asked(method, undefined);
    assert.equal(
      refusal(() => asked('POST', undefined)),
      'Bad Request. Content-Type header is missing.',
    );
    for (const type of ['text/plain', 'application/jsonx', 'multipart/form-data', 'text/plain; application/json']) {
      assert.equal(
        refusal(() => asked('PUT', type)),
        "Bad Request. Content-Type must be one of ['application/json'].",
      );
    }
  });
});

describe('queries', () => {
  const Search = message({
    filter: text(),
    max_results: int64(),
    run_ids: list(text()),
    flag: bool(),
    status: oneOf(['A', 'B']),
    run_id: text({ legacy: 'run_uuid' }),
  });
  const ask = (query: string, method = 'GET'): unknown => readMessage(Search, request({ method, query }));
  const none = { filter: undefined, max_results: undefined, run_ids: [], flag: undefined, status: undefined, run_id: undefined };

  test('are read as MLflow reads them', () => {
    assert.deepEqual(ask(''), none);
    assert.deepEqual(ask('filter=a+b%20%C3%A4&max_results=5&run_ids=1&run_ids=2&flag=TRUE&status=B&run_uuid=r&other=x'), {
      filter: 'a b ä',
      max_results: 5,
      run_ids: ['1', '2'],
      flag: true,
      status: 'B',
      run_id: 'r',
    });
    assert.deepEqual(ask('run_ids=1&filter=&filter=x'), { ...none, run_ids: ['1'], filter: '' });
  });

  test('of a DELETE count when it has no body, and of a POST too', () => {
    assert.deepEqual(ask('filter=x', 'DELETE'), { ...none, filter: 'x' });
    assert.deepEqual(readMessage(Search, request({ method: 'DELETE', query: 'filter=x', body: '{"filter":"y"}' })), {
      ...none,
      filter: 'y',
    });
    assert.deepEqual(readMessage(Search, request({ method: 'GET', body: '{"filter":"y"}' })), { ...none, filter: 'y' });
  });

  test('with wrong values are refused', () => {
    assert.equal(
      refusal(() => ask('flag=yes')),
      "Invalid boolean value: yes, must be 'true' or 'false'.",
    );
    assert.match(
      refusal(() => ask('max_results=abc')),
      /Invalid value "abc" for parameter 'max_results'/,
    );
    assert.match(
      refusal(() => ask('max_results=')),
      /Invalid value "" for parameter 'max_results'/,
    );
    assert.match(
      refusal(() => ask('filter=%C3%28')),
      /'filter'.*UTF-8/,
    );
    assert.match(
      refusal(() => ask('filter=a%00')),
      /NUL/,
    );
    assert.deepEqual(ask('filter=%EF%BF%BD'), { ...none, filter: '\ufffd' });
  });
});

test('an answer is compact JSON without what is undefined, and every number in it is one that JSON has', () => {
  const value = { a: undefined, b: { c: [1, Number.NaN, Number.POSITIVE_INFINITY], d: Number.NEGATIVE_INFINITY }, e: 'ä', f: null };
  assert.deepEqual(answer(value), {
    status: 200,
    contentType: 'application/json',
    body: '{"b":{"c":[1,"NaN",1.7976931348623157e+308],"d":-1.7976931348623157e+308},"e":"ä","f":null}',
  });
  assert.equal(answer({ a: undefined, b: [1, { c: 'x' }] }).body, '{"b":[1,{"c":"x"}]}');
});

/** https://github.com/bryc/code/blob/master/jshash/PRNGs.md, mulberry32 */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomValue(next: () => number, depth: number): unknown {
  const kind = Math.floor(next() * (depth === 0 ? 5 : 7));
  const words = ['NaN', 'Infinity', '"', '\\', 'a', ',', '-Infinity', '{', ']', 'ä', '\n', 'N'];
  const word = (): string => words[Math.floor(next() * words.length)] as string;
  const phrase = (): string => word() + word() + (next() < 0.5 ? word() : '');
  if (kind === 0) return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][Math.floor(next() * 3)];
  if (kind === 1) return Math.floor(next() * 2000 - 1000) / 8;
  if (kind === 2) return [null, true, false][Math.floor(next() * 3)];
  if (kind <= 4) return phrase();
  const items = Array.from({ length: Math.floor(next() * 4) }, () => randomValue(next, depth - 1));
  return kind === 5 ? items : Object.fromEntries(items.map((item, at) => [`${phrase()}${at}`, item]));
}

/** As Python's `json.dumps` writes it. */
function write(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${write(item)}`)
    .join(', ')}}`;
}
