import { AppError } from '@mlab/kernel';
import { printable } from '@mlab/telemetry';

/** In UTF-8. S3 takes 1,024, and the prefix of the bucket and the name of the service need room. */
export const MAX_KEY_BYTES = 900;

interface Rule {
  readonly type: string;
  readonly breaks: (key: string) => boolean;
  readonly msg: string;
}

const hasPart = (key: string, ...wrong: readonly string[]): boolean => key.split('/').some((part) => wrong.includes(part));

/** Percent signs are characters like any other: nothing is decoded, so nothing can hide behind them. */
const RULES: readonly Rule[] = [
  { type: 'string_too_short', breaks: (key) => key === '', msg: 'is empty' },
  {
    type: 'string_too_long',
    breaks: (key) => Buffer.byteLength(key) > MAX_KEY_BYTES,
    msg: `is longer than ${MAX_KEY_BYTES} bytes in UTF-8`,
  },
  { type: 'string_unicode', breaks: (key) => !key.isWellFormed(), msg: 'has half of a surrogate pair, which is no character' },
  { type: 'control_character', breaks: (key) => /\p{Cc}/u.test(key), msg: 'has a control character' },
  { type: 'backslash', breaks: (key) => key.includes('\\'), msg: 'has a backslash; parts are separated by /' },
  { type: 'absolute', breaks: (key) => key.startsWith('/'), msg: 'begins with /; keys are not absolute' },
  { type: 'drive', breaks: (key) => /^[a-z]:/i.test(key), msg: 'begins like a drive of Windows' },
  { type: 'dots', breaks: (key) => hasPart(key, '.', '..'), msg: 'has a part that is . or ..' },
  { type: 'empty_part', breaks: (key) => hasPart(key, ''), msg: 'has an empty part' },
];

/** The key, if it is one. Otherwise throws `invalid`. */
export function checkKey(key: unknown): string {
  if (typeof key !== 'string') throw refused('string_type', `A key is text, and this is ${key === null ? 'null' : typeof key}.`, key);
  const broken = RULES.find(({ breaks }) => breaks(key));
  if (broken === undefined) return key;
  throw refused(broken.type, `The key "${printable(key.toWellFormed(), 100)}" ${broken.msg}.`, key);
}

const refused = (type: string, msg: string, input: unknown): AppError =>
  new AppError('invalid', msg, { issues: [{ type, loc: ['key'], msg, input }] });
