export type Guess = 'number' | 'boolean' | 'time' | 'text';

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
const COMMA_NUMBER = /^\s*[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?\s*$/;
const NOT_FINITE = /^\s*[+-]?(nan|inf|infinity)\s*$/i;
/** A number that begins so is a code: a postal one, an article's. */
const LEADING_ZERO = /^\s*0\d/;
const BOOLEAN = /^(true|false)$/i;
const TIME = /^\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?$/;

export const isNumberText = (text: string, decimalComma = false): boolean =>
  (decimalComma ? COMMA_NUMBER : NUMBER).test(text) || NOT_FINITE.test(text);

const MONTH = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*';
/** `Jan 1 2000`, `1-Jan-2000`, `January 2000`, and days before months with dots. Slashes would not say which of the two comes first. */
const OTHER_TIME = new RegExp(
  String.raw`^(${MONTH} (\d{1,2},? )?\d{4}|\d{1,2}[ -]${MONTH}[ -]\d{4}|\d{1,2}\.\d{1,2}\.\d{4}( \d{1,2}:\d{2}(:\d{2})?)?)$`,
  'i',
);

/** Formats of those other times, as DuckDB has them. */
export const TIME_FORMATS = [
  '%b %d %Y',
  '%B %d %Y',
  '%b %d, %Y',
  '%B %d, %Y',
  '%b %Y',
  '%B %Y',
  '%d %b %Y',
  '%d %B %Y',
  '%d-%b-%Y',
  '%d-%B-%Y',
  '%d.%m.%Y',
  '%d.%m.%Y %H:%M',
  '%d.%m.%Y %H:%M:%S',
];

/** What all of these texts can be read as; where there are none, text. */
export function guessType(texts: readonly string[], decimalComma = false): Guess {
  if (texts.length === 0) return 'text';
  if (texts.every((text) => isNumberText(text, decimalComma))) {
    return texts.some((text) => LEADING_ZERO.test(text)) || texts.every((text) => NOT_FINITE.test(text)) ? 'text' : 'number';
  }
  if (texts.every((text) => BOOLEAN.test(text))) return 'boolean';
  return texts.every((text) => TIME.test(text)) || texts.every((text) => OTHER_TIME.test(text)) ? 'time' : 'text';
}
