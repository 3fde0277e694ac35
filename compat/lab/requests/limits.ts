import { notJson, oneIssue, post, type Case, type Difference } from './request.ts';

const FINITE = 'JSON has no such number, and the original fails with 500 as soon as it must echo one';
const PROTO = 'to JavaScript this key is not a name like others, so nothing behind the door shall ever see it';
const DEPTH = 'the depth that Python bears depends on its own stack; ours is a number';

const tooLarge = (offset: number): Difference => notJson(offset, 'Number out of range', FINITE);
const named = (name: string, offset: number): Difference => notJson(offset, `${name} is not a JSON number`, FINITE);
const proto = (offset: number): Difference => notJson(offset, 'The key __proto__ is not allowed', PROTO);

const numbers = [
  post('a', 'NaN as data', '{"data":NaN}', named('NaN', 8)),
  post('a', 'Infinity as data', '{"data":Infinity}', named('Infinity', 8)),
  post('a', '-Infinity as data', '{"data":-Infinity}', named('-Infinity', 8)),
  post('a', 'NaN as forward_to_model', '{"data":"x","forward_to_model":NaN}', named('NaN', 31)),
  post('a', 'NaN in an unknown field', '{"data":"x","forward_to_model":false,"more":[1,NaN]}', named('NaN', 47)),
  post('a', 'NaN behind an astral character', '{"🐟":"🐟","data":NaN}', named('NaN', 16)),
  post('a', 'NaN alone', 'NaN', named('NaN', 0)),
  post('b', 'Infinity as input', '{"input":Infinity}', named('Infinity', 9)),
  post('a', 'NaN before a syntax error', '{"data":NaN,}'),
  post('a', 'NaN, misspelt', '{"data":nan}'),
  post('a', 'Inf', '{"data":Inf}'),
  post('a', '+Infinity', '{"data":+Infinity}'),
  post('a', '1e400 as data', '{"data":1e400}', tooLarge(8)),
  post('a', '-1e400 as data', '{"data":-1e400}', tooLarge(8)),
  post('a', '1e400 in an unknown field', '{"data":"x","forward_to_model":false,"more":1e400}', tooLarge(44)),
  post('a', '1e400 as forward_to_model', '{"data":"x","forward_to_model":1e400}', tooLarge(31)),
  post('a', '1e400 alone', '1e400', tooLarge(0)),
  post('a', '1e-400 is zero', '{"data":"x","forward_to_model":1e-400}'),
  post('a', 'an integer of 400 digits', { before: '{"data":', repeat: '1', times: 400, after: '}' }, tooLarge(8)),
  post('a', 'an integer of 5,000 digits', { before: '{"data":', repeat: '1', times: 5000, after: '}' }, tooLarge(8)),
];

const keys = [
  post('a', 'the key __proto__', '{"data":"x","forward_to_model":false,"__proto__":{"x":1}}', proto(37)),
  post('a', 'the key __proto__ in place of a model', '{"__proto__":{"data":"x","forward_to_model":false}}', proto(1)),
  post('a', 'the key __proto__, escaped', '{"data":"x","forward_to_model":false,"\\u005f_proto_\\u005F":null}', proto(37)),
  post('a', 'the key __proto__, deep', '{"data":"x","forward_to_model":false,"more":[{"a":{"__proto__":1}}]}', proto(51)),
  post('b', 'the key __proto__ in B', '{"input":"x","__proto__":1}', proto(13)),
  post('a', '__proto__ as a value', '{"data":"__proto__","forward_to_model":false}'),
  post('a', 'keys like __proto__', '{"data":"x","forward_to_model":false,"__proto":1,"_proto__":2,"__PROTO__":3,"__proto__ ":4}'),
];

const deep = (name: string, times: number, difference?: Difference): Case[] => [
  post(
    'a',
    `${name} in an unknown field`,
    { before: `{"data":"x","forward_to_model":false,"more":${'['.repeat(times)}`, repeat: ']', times, after: '}' },
    difference,
  ),
];
const accepted: Difference = { ours: { status: 200, body: { status: 'Input logged successfully' } }, why: DEPTH };
const objects = (times: number): string => `{"data":"x","forward_to_model":false,"more":${'{"a":'.repeat(times)}1${'}'.repeat(times)}}`;

const depths = [
  ...deep('100 lists', 100),
  ...deep('900 lists', 900),
  ...deep('999 lists', 999, accepted),
  ...deep('1000 lists', 1000, notJson(44 + 999, 'Nesting deeper than 1000 levels', DEPTH)),
  post('a', '999 objects in an unknown field', objects(999), accepted),
  post('a', '1000 objects in an unknown field', objects(1000), notJson(44 + 999 * 5, 'Nesting deeper than 1000 levels', DEPTH)),
  post('a', '200 lists, echoed', `{"data":${'['.repeat(200)}${']'.repeat(200)}}`),
  post(
    'a',
    '100,000 lists that nobody closes',
    { before: '', repeat: '[', times: 100_000, after: '' },
    notJson(1000, 'Nesting deeper than 1000 levels', DEPTH),
  ),
  post(
    'a',
    '100,000 objects that nobody closes',
    { before: '', repeat: '{"a":', times: 100_000, after: '' },
    notJson(5000, 'Nesting deeper than 1000 levels', DEPTH),
  ),
  post('a', '900 lists that nobody closes', { before: '', repeat: '[', times: 900, after: '' }),
];

const ECHO = 'the original means this, and fails with 500 when it writes the lone surrogate it echoes';
const FORWARD = 'the original cannot send the lone surrogate on, and fails with 500';
const NOT_TEXT = 'Input should be a valid string, unable to parse raw data as a unicode string';
const PREDICTED = { class: '{class}', confidence: '{confidence}' };

const surrogates = [
  post('a', 'a lone surrogate that is only logged', '{"data":"\\ud800","forward_to_model":false}'),
  post('b', 'a lone surrogate as input', '{"input":"a\\udfffb"}'),
  post('b', 'surrogates in the wrong order', '{"input":"\\udc00\\ud800"}'),
  post('b', 'a pair of escapes', '{"input":"\\ud83d\\udc1f"}'),
  post('b', 'a pair of escapes in both cases', '{"input":"\\uD83D\\uDC1f"}'),
  post('b', 'a high surrogate before a pair', '{"input":"\\ud83d\\ud83d\\udc1f"}'),
  post('b', 'a high surrogate before another escape', '{"input":"\\ud83d\\u0041"}'),
  post('a', 'a lone surrogate, forwarded', '{"data":"\\ud800"}', {
    ours: {
      status: 200,
      body: {
        status: 'Input logged successfully',
        model_prediction: { prediction: { ...PREDICTED, input_length: 1 }, message: '{message}' },
      },
    },
    why: FORWARD,
  }),
  post(
    'a',
    'a lone surrogate as forward_to_model',
    '{"data":"x","forward_to_model":"\\ud800"}',
    oneIssue('string_unicode', ['body', 'forward_to_model'], NOT_TEXT, '\ud800', ECHO),
  ),
  post(
    'a',
    'a lone surrogate in a list as data',
    '{"data":["\\ud800"]}',
    oneIssue('string_type', ['body', 'data'], 'Input should be a valid string', ['\ud800'], ECHO),
  ),
  post('a', 'a lone surrogate as a key', '{"\\ud800":1}', oneIssue('missing', ['body', 'data'], 'Field required', { '\ud800': 1 }, ECHO)),
  post('a', 'a lone surrogate as an unknown key', '{"data":"x","forward_to_model":false,"\\udfff":1}'),
];

export const limits: readonly Case[] = [...numbers, ...keys, ...depths, ...surrogates];
