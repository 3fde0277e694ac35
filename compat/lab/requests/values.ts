import { post, type Case } from './request.ts';

/** One of each kind of JSON value, and the numbers that languages read and write differently. */
const KINDS: readonly string[] = [
  'null', 'true', 'false', '0', '1', '-1', '2', '123', '1.0', '0.0', '-0', '-0.0', '0.1', '0.5', '1.5', '2.0', '-1.0', '1e0', '0e5', '1e5',
  '1E5', '1e-7', '1e16', '1e21', '1e22', '123456789.123456789', '5e-324', '1.7976931348623157e308', '9007199254740991',
  '9007199254740993', '-9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808',
  '-9223372036854775809', '9.2e18', '9.3e18', '12345678901234567890', '-12345678901234567890', `1${'0'.repeat(300)}`, '""', '"x"',
  '"a\\u0000b"', '[]', '[1]', '[[],{}]', '{}', '{"a":1}', '{"a":{"b":[1.0,12345678901234567890,-0,1e5,"é",null]}}',
]; // prettier-ignore

const WORDS: readonly string[] = [
  'yes', 'YES', 'Yes', 'no', 'NO', 'on', 'oN', 'off', 'OFF', 'true', 'TRUE', 'True', 'false', 'FALSE', 't', 'T', 'f', 'F', 'y', 'Y', 'n',
  'N', '0', '1', '', ' ', ' yes', 'yes ', 'yes\n', 'maybe', '2', '00', '01', '1.0', 'ye', 'yess', 'enable', 'ｙｅｓ', 'oﬀ', 'TRUE\u0000', 'faLSe', 'ok', 'nul',
]; // prettier-ignore

const kinds = KINDS.flatMap((value) => [
  post('a', `data is ${value.slice(0, 60)}`, `{"data":${value},"forward_to_model":false}`),
  post('a', `forward_to_model is ${value.slice(0, 60)}`, `{"data":"x","forward_to_model":${value}}`),
  post('b', `input is ${value.slice(0, 60)}`, `{"input":${value}}`),
  post('a', `the body is ${value.slice(0, 60)}`, value),
]);

const words = WORDS.map((word) =>
  post('a', `forward_to_model is the word ${JSON.stringify(word)}`, JSON.stringify({ data: 'x', forward_to_model: word })),
);

const several = [
  '{"data":1,"forward_to_model":"maybe"}',
  '{"forward_to_model":"maybe","data":1}',
  '{"forward_to_model":null}',
  '{"forward_to_model":[1.0,{"a":12345678901234567890}]}',
  '{"forward_to_model":true}',
  '{"DATA":"x"}',
  '{"data":{"data":"x"}}',
  '{"data":["x"],"forward_to_model":{"forward_to_model":true}}',
  '{"other":{"deep":[1,2,{"x":null}]},"list":[1e5,1.0]}',
  '{"":""}',
  '{"b":2,"a":1,"10":0,"9":0}',
].map((body) => post('a', `several things are wrong: ${body}`, body));

const strings = [
  '日本🐟', 'e\u0301', '', '\u0000', 'a\u0000b', '👨‍👩‍👧‍👦', '\ufeff', '\u2028\u2029', '<script>&amp;"\\/', '\ud7ff\ue000\uffff', 'test input', 'ﷺ', '\u007f\u0080',
].flatMap((text) => [
  post('b', `input is the string ${JSON.stringify(text)}`, JSON.stringify({ input: text })),
  post('a', `a string forwarded: ${JSON.stringify(text)}`, JSON.stringify({ data: text })),
]); // prettier-ignore

const sizes = [
  post('b', 'a string of 100,000 letters', { before: '{"input":"', repeat: 'x', times: 100_000, after: '"}' }),
  post('b', 'a string of 50,000 fishes', { before: '{"input":"', repeat: '🐟', times: 50_000, after: '"}' }),
  post('b', 'a string of 20,000 escapes', { before: '{"input":"', repeat: '\\u00e9', times: 20_000, after: '"}' }),
  post('a', 'a large string that is only logged', {
    before: '{"forward_to_model":false,"data":"',
    repeat: 'é',
    times: 100_000,
    after: '"}',
  }),
  post('a', 'a large unknown field', {
    before: '{"data":"x","forward_to_model":false,"more":[0',
    repeat: ',1',
    times: 50_000,
    after: ']}',
  }),
];

const names = [
  post('a', 'unknown fields', '{"data":"x","forward_to_model":false,"more":{"data":1},"forward":1}'),
  post('a', 'a repeated key, the last is good', '{"data":1,"data":"x","forward_to_model":false}'),
  post('a', 'a repeated key, the last is bad', '{"data":"x","data":1,"forward_to_model":false}'),
  post('a', 'a repeated key, once escaped', '{"data":1,"d\\u0061ta":"x","forward_to_model":false}'),
  post('a', 'a repeated key in an echo', '{"a":1,"a":12345678901234567890}'),
  post('a', 'escaped names', '{"\\u0064ata":"x","forward\\u005fto_model":"n"}'),
  post('a', 'names of what every object inherits', '{"constructor":1,"toString":2,"hasOwnProperty":3,"valueOf":{}}'),
  post('a', 'inherited names beside good fields', '{"data":"x","forward_to_model":false,"constructor":{"prototype":{"x":1}}}'),
  post('a', 'an echoed toJSON', '{"toJSON":1,"rawJSON":"2"}'),
  post('a', 'keys that start with _sa are not echoed', '{"_sa":1,"_sa_x":{"a":1},"sa":{"_sab":2,"x":[{"_sa":1,"y":1}]},"_s":3}'),
  post('a', 'a key with a NUL', '{"a\\u0000":1}'),
  post('a', 'a key with a space', '{"data ":"x"}'),
  post('a', 'spaces everywhere', ' \t\r\n{ "data" :\n"x" , "forward_to_model"\t:\rfalse } \n'),
];

export const values: readonly Case[] = [...kinds, ...words, ...several, ...strings, ...sizes, ...names];
