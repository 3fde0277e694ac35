/** Longer values are cut in messages: what a client sent is told back to it, but not megabytes of it. */
const MAX_SHOWN = 300;
const MAX_SHOWN_DEPTH = 8;

/** What Python calls the type of a value from JSON. Of whole numbers nobody can tell whether they had a `.0`. */
export function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return Array.isArray(value) ? 'list' : 'dict';
}

/** A value as Python's `json.dumps(value, sort_keys=True, separators=(",", ":"))` writes it, cut when it is long. */
export function pythonJson(value: unknown): string {
  const text = write(value, 0);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return ascii(JSON.stringify(cut(value)));
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth === MAX_SHOWN_DEPTH) return '…';
  const items: string[] = [];
  let length = 0;
  const add = (item: string): boolean => {
    items.push(item);
    length += item.length;
    return length <= MAX_SHOWN;
  };
  if (Array.isArray(value)) {
    for (const item of value) if (!add(write(item, depth + 1))) break;
    return `[${items.join(',')}]`;
  }
  const record = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(record).toSorted()) {
    if (!add(`${ascii(JSON.stringify(cut(key)))}:${write(record[key], depth + 1)}`)) break;
  }
  return `{${items.join(',')}}`;
}

const cut = (text: string): string => (text.length > MAX_SHOWN ? text.slice(0, MAX_SHOWN) : text);

const ascii = (text: string): string =>
  text.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A text as Python's `repr` shows it, cut when it is long. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return quote + shown.replaceAll(/[\\'"\p{Cc}\p{Cs}]/gu, (character) => escape(character, quote)) + quote;
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function escape(character: string, quote: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  if (character === "'" || character === '"') return character === quote ? `\\${character}` : character;
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Whether Python's `str.strip()` leaves nothing of it. */
// oxlint-disable-next-line no-control-regex -- Python counts four control characters as space
export const isBlank = (text: string): boolean => /^[\s\u001c-\u001f\u0085]*$/.test(text) && !text.includes('\ufeff');

/** How many characters Python counts: code points, where JavaScript counts UTF-16 units. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      count--;
      at++;
    }
  }
  return count;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Its first characters, at most `limit` of them, as Python counts them. */
export function firstCharacters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let at = 0;
  for (let count = 0; count < limit && at < text.length; count++) {
    at += isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1)) ? 2 : 1;
  }
  return text.slice(0, at);
}
