import { post, type Case } from './request.ts';

/** Documents that are not JSON, or only just are. Each is sent as it is, and behind text that moves the offset. */
const DOCUMENTS: readonly string[] = [
  // Keys
  '{', '{ ', '{bad', '{bad}', "{'data':'x'}", '{"data"', '{"data" ', '{"data":', '{"data": ', '{"data":}', '{"data" "x"}', '{"data";"x"}',
  '{"data"="x"}', '{:1}', '{,}', '{"data":"x",}', '{"data":"x", }', '{"data":"x",,}', '{"data":"x" "b":1}', '{"data":"x"', '{"data":"x"]',
  '{"data":"x",1:2}', '{"data":"x",null:2}', '{"data":"x";}', '{"a":1}}', '{{}}', '{[]}', '{"a"}', '{"a":{"b":{"c"}}}', '{"data"::"x"}',
  // Lists
  '[', '[ ', '[1', '[1,', '[1, ', '[1,]', '[,1]', '[,]', '[1 2]', '[1;2]', '[1}', '[[1]', '[1]]', ']', '}', '[}', '["a","b]', '[1,,2]',
  // Words and numbers
  'tru', 'truth', 'True', 'TRUE', 'nul', 'None', 'undefined', 'fals', 'x', '-', '--1', '+1', '.5', '5.', '5.e1', '1e', '1e+', '1.5e-', '01',
  '-01', '00', '0x10', '1_000', '1,5', '1 2', '1a', '-a', '- 1', '١', '1e5.5', '-Infinit', 'NaN1', 'Infinity1', 'N', 'I',
  // Strings
  '"', '"abc', "'abc'", '"abc\\', '"\\x41"', '"\\', '"\\"', '"\\u"', '"\\u1', '"\\u12', '"\\u123', '"\\u1234', '"\\u123"', '"\\u12g4"', '"\\uD83D\\u"',
  '"\\ud83d\\ud"', '"\\ud83d\\u12', '"\\ud83d\\udc1f', '"\\ud83d\\', '"\\ud83d', '"\\U0041"', '"\\a"', '"\\0"', "\"\\'\"", '"\\ "', '"\\\n"',
  '"a\nb"', '"a\tb"', '"a\rb"', '"\u0000"', '"\u001f"', '"\u007f"', '"a"b"', '"a""b"', '"a" "b"', '“a”', '"a\u2028b', '"\\u 123"', '"\\u+123"', '"\\u-123"', '"\\u0x1f"',
  // Around the document
  '{} {}', '{},', '{}x', '{}\u0000', '\u0000{}', '\u000b{}', '\u000c{}', '\u00a0{}', '\u2003{}', '\u0085{}', '{}\u00a0', '// c\n{}', '{}// c', '/* c */{}',
  '{"a":1 /* c */}', '# c\n{}', '{\u00a0"a":1}', '\ufeff\ufeff{}', '<xml/>', 'data=x&forward_to_model=true', '{"data":"x"}\n{"data":"y"}', '`x`',
]; // prettier-ignore

const plain = DOCUMENTS.map((document) => post('a', `syntax: ${JSON.stringify(document)}`, document));

const moved = DOCUMENTS.flatMap((document) => {
  const behind = `[\n "é🐟\\ud83d\\udc1f", 1.50, ${document}`;
  return [post('a', `syntax behind other characters: ${JSON.stringify(behind)}`, behind)];
});

const inB = ['{"input":"x",}', '{"input":"🐟" "x"}', '{"input":}', '[', '"'].map((document) =>
  post('b', `syntax in B: ${JSON.stringify(document)}`, document),
);

const SMALL = Buffer.from('{"data": "é🐟\\u00e9\\n", "forward_to_model": false, "n": [-1.5e+3, null, {}]}');

/** Every place where a connection may break off, also inside a character. */
const truncated = Array.from({ length: SMALL.length + 1 }, (_, length) =>
  post('a', `the first ${length} bytes of a document`, { base64: SMALL.subarray(0, length).toString('base64') }),
);

const blank = ['', ' ', '\n', ' \t\r\n ', '\u000b', 'null', ' null '].flatMap((body) => [
  post('a', `a blank body: ${JSON.stringify(body)}`, body),
  post('b', `a blank body in B: ${JSON.stringify(body)}`, body),
]);

export const syntax: readonly Case[] = [...plain, ...moved, ...inB, ...truncated, ...blank, post('a', 'no body at all', undefined)];
