import { bytes, oneIssue, post, postAs, type Case, type Difference } from './request.ts';

const GOOD = '{"data":"é🐟","forward_to_model":false}';
const BAD = '{"data":"é🐟","forward_to_model":"é🐟"}';
const BROKEN = '{"é🐟":1,}';

const utf16le = (text: string): number[] => [...Buffer.from(text, 'utf16le')];
const utf16be = (text: string): number[] => [...Buffer.from(text, 'utf16le').swap16()];
const utf32 = (text: string, isLittle: boolean): number[] =>
  Array.from(text).flatMap((character) => {
    const unit = Buffer.alloc(4);
    const point = character.codePointAt(0) ?? 0;
    if (isLittle) unit.writeUInt32LE(point);
    else unit.writeUInt32BE(point);
    return [...unit];
  });

const ENCODINGS: readonly (readonly [name: string, encode: (text: string) => number[]])[] = [
  ['UTF-8 with a mark', (text) => [0xef, 0xbb, 0xbf, ...Buffer.from(text)]],
  ['UTF-16LE', utf16le],
  ['UTF-16BE', utf16be],
  ['UTF-16LE with a mark', (text) => [0xff, 0xfe, ...utf16le(text)]],
  ['UTF-16BE with a mark', (text) => [0xfe, 0xff, ...utf16be(text)]],
  ['UTF-32LE', (text) => utf32(text, true)],
  ['UTF-32BE', (text) => utf32(text, false)],
  ['UTF-32LE with a mark', (text) => [0xff, 0xfe, 0, 0, ...utf32(text, true)]],
  ['UTF-32BE with a mark', (text) => [0, 0, 0xfe, 0xff, ...utf32(text, false)]],
];

const encoded = ENCODINGS.flatMap(([name, encode]) => [
  ...[GOOD, BAD, BROKEN, '[]', '1', '', ' ', '12', '{'].map((text) => post('a', `${name}: ${text}`, bytes(encode(text)))),
  post('a', `${name}, one byte too many`, bytes(encode(GOOD), [0x20])),
  post('a', `${name}, one byte too few`, bytes(encode(GOOD).slice(0, -1))),
]);

const SURROGATES: Difference = {
  ours: { status: 400, body: { detail: 'There was an error parsing the body' } },
  why: 'surrogates have no form in this encoding; Python lets them pass, and then fails with 500 when it echoes or forwards them',
};

const broken = [
  post('a', 'a broken character', bytes('{"data":"', [0xff], '"}')),
  post('a', 'a character cut off', bytes('{"data":"', [0xe9], '"}')),
  post('a', 'a continuation without a start', bytes('{"data":"', [0x80], '"}')),
  post('a', 'an overlong NUL', bytes('{"data":"', [0xc0, 0x80], '"}')),
  post('a', 'an overlong slash', bytes('{"data":"', [0xe0, 0x80, 0xaf], '"}')),
  post('a', 'beyond the last code point', bytes('{"data":"', [0xf4, 0x90, 0x80, 0x80], '"}')),
  post('a', 'a broken character behind a syntax error', bytes('{bad', [0xff])),
  post('a', 'a replacement character is a character', '{"data":"\ufffd","forward_to_model":false}'),
  post('a', 'a replacement character in a broken document', '{"data":"\ufffd",}'),
  post('a', 'broken from the first byte', bytes([0xff, 0x7b, 0x7d])),
  post('a', 'a lone continuation byte', bytes([0x80])),
  post('a', 'a surrogate written in UTF-8', bytes('{"data":"', [0xed, 0xa0, 0x80], '","forward_to_model":false}'), SURROGATES),
  post(
    'a',
    'a pair of surrogates written in UTF-8',
    bytes('{"data":"', [0xed, 0xa0, 0xbd, 0xed, 0xb0, 0x9f], '","forward_to_model":false}'),
    SURROGATES,
  ),
  post('b', 'a lone surrogate in UTF-16', bytes(utf16le('{"input":"a\ud800b"}'))),
  post('a', 'a surrogate in UTF-32', bytes(utf32('{"data":"\ud800","forward_to_model":false}', true)), SURROGATES),
  post('a', 'beyond the last code point in UTF-32', bytes(utf32('["', true), [0, 0, 0x11, 0], utf32('"]', true))),
  post('a', 'UTF-16LE told by one zero byte in three', bytes(utf16le('"Ā"'))),
  post('a', 'UTF-16LE that ends inside a pair', bytes(utf16le('"a\ud83d'))),
  post('a', 'NUL bytes', bytes([0, 0, 0, 0])),
  post('a', 'one NUL byte', bytes([0])),
  post('a', 'two NUL bytes', bytes([0, 0])),
  post('a', 'three NUL bytes', bytes([0, 0, 0])),
  post('a', 'only a mark', bytes([0xef, 0xbb, 0xbf])),
  post('a', 'only a UTF-16 mark', bytes([0xff, 0xfe])),
  post('a', 'only a UTF-32 mark', bytes([0xff, 0xfe, 0, 0])),
  post('a', 'Latin-1 that says so', bytes('{"data":"', [0xe9], '"}')),
];

const TYPES: readonly string[] = [
  'application/json', 'APPLICATION/JSON', 'Application/Json; Charset=UTF-8', 'application/json; charset=utf-8', 'application/json;charset=utf-16',
  'application/json;', 'application/json ;', ' application/json', 'application/json; a="b;c"', 'application/vnd.api+json', 'application/vnd.api+JSON; v=1',
  'application/+json', 'application/problem+json', 'application/geo+json-seq', 'application/jsonfoo', 'application/json+xml', 'application/json/x', 'application/a/b+json', 'application/x; a=+json', 'application/x;+json', 'application/x-json',
  'application/ json', 'application /json', 'application', 'application/', '/json', 'json', 'text/json', 'text/plain', 'text/plain; charset=utf-8', 'text/x+json',
  'application/json, text/plain', 'text/plain, application/json', 'application/octet-stream', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x',
  'multipart/form-data', 'image/png', '*/*', 'application/*', ';', '; charset=utf-8', '"application/json"', 'application/json charset=utf-8', 'application/cloudevents+json',
]; // prettier-ignore

const typed = TYPES.flatMap((type) => [
  postAs('a', `the type ${type}, a good body`, [['Content-Type', type]], '{"data":"x","forward_to_model":false}'),
  postAs('a', `the type ${type}, a broken body`, [['content-type', type]], '{bad'),
]);

const untyped = [
  postAs('a', 'no type', [], '{"data":"x","forward_to_model":false}'),
  postAs('a', 'an empty type', [['content-type', '']], '{"data":"x","forward_to_model":false}'),
  postAs('a', 'no type, text', [], 'é🐟'),
  postAs('a', 'no type, a mark', [], '\ufeffx'),
  postAs('a', 'no type, blank', [], ' '),
  postAs('a', 'no type, no body', [], undefined),
  postAs('a', 'no type, an empty body', [], ''),
  postAs('a', 'text that is null', [['content-type', 'text/plain']], 'null'),
  postAs('a', 'a form', [['content-type', 'application/x-www-form-urlencoded']], 'data=x&forward_to_model=false'),
  postAs(
    'a',
    'a multipart form',
    [['content-type', 'multipart/form-data; boundary=b']],
    '--b\r\nContent-Disposition: form-data; name="data"\r\n\r\nx\r\n--b--\r\n',
  ),
  postAs('b', 'no type in B', [], '{"input":"x"}'),
  postAs(
    'a',
    'no type, not even text',
    [],
    bytes('a', [0xff], 'b'),
    oneIssue(
      'model_attributes_type',
      ['body'],
      'Input should be a valid dictionary or object to extract fields from',
      'a\ufffdb',
      'the original fails with 500 when it echoes bytes that are not text',
    ),
  ),
];

export const encodings: readonly Case[] = [...encoded, ...broken, ...typed, ...untyped];
