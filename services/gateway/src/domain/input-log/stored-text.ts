/** U+001A, "substitute": no text that people write holds it. */
const ESCAPE = '\u001a';

const UNSTORABLE = new RegExp(`[\\0${ESCAPE}]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]`, 'g');
const ESCAPED = new RegExp(`${ESCAPE}([0-9a-f]{4})`, 'g');

/**
 * A text as the database can hold it. NUL, halves of surrogate pairs and the escape itself become U+001A and four hexadecimal digits;
 * all other text stays as it is, so that it can be read and searched with SQL.
 */
export function toStored(text: string): string {
  if (text.isWellFormed() && !text.includes('\0') && !text.includes(ESCAPE)) return text;
  return text.replace(UNSTORABLE, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

export function fromStored(stored: string): string {
  if (!stored.includes(ESCAPE)) return stored;
  return stored.replace(ESCAPED, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** As a pattern of ILIKE that finds the text anywhere. */
export function toPattern(text: string): string {
  return `%${toStored(text).replace(/[\\%_]/g, String.raw`\$&`)}%`;
}

/** In code points, as the predictor counts `input_length`. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let at = 0; at + 1 < text.length; at++) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      length--;
      at++;
    }
  }
  return length;
}

const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
const isLow = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;
