import { invalidParameter } from '#/errors.ts';

const MAX_DEPTH = 50;
const MAX_ENTRIES = 10_000;

/** A tuple, or what is not a text: MLflow tells these from lists that Python cannot read. */
type Value = string | readonly Value[] | typeof OTHER;

const OTHER = Symbol('no text');
const SPACE = /[ \t\n\r\f]*/y;
const PREFIX = /(?:[uU]|[rR])?(?='|")/y;
const BYTES = /(?:[bB][rR]?|[rR][bB])(?='|")/y;
const LITERAL = /[-+]?(?:\d[\w.]*|\.\d\w*)|True\b|False\b|None\b|\.\.\./y;

/**
 * The texts of a list such as `('a', "b")`. MLflow gives what stands in the parentheses to Python's `ast.literal_eval`, so it is read as Python
 * reads a tuple: with escapes, with texts side by side joined, with any further parentheses.
 */
export function readList(list: string): readonly string[] {
  const parsed = new Reader(list).run();
  const items = Array.isArray(parsed) ? (parsed as readonly Value[]) : [parsed];
  if (items.length === 0) {
    throw invalidParameter('While parsing a list in the query, expected a non-empty list of string values, but got empty list');
  }
  if (items.every((item) => typeof item === 'string')) return items;
  throw invalidParameter(
    `While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ${list.slice(0, 200)}`,
  );
}

class Reader {
  readonly #source: string;
  #at = 0;
  #depth = 0;
  #entries = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Value {
    const value = this.#value();
    this.#match(SPACE);
    if (this.#at < this.#source.length) throw illFormed();
    return value;
  }

  #value(): Value {
    if (++this.#entries > MAX_ENTRIES) throw invalidParameter(`A list in a filter has at most ${MAX_ENTRIES} entries.`);
    this.#match(SPACE);
    if (this.#take('(')) return this.#tuple();
    if (this.#match(BYTES) !== undefined) {
      this.#text(false);
      return OTHER;
    }
    const text = this.#texts();
    if (text !== undefined) return text;
    if (this.#match(LITERAL) !== undefined) return OTHER;
    throw illFormed();
  }

  /** What follows an opening parenthesis: nothing, one value that is itself, or a tuple. */
  #tuple(): Value {
    if (++this.#depth > MAX_DEPTH) throw illFormed();
    const items: Value[] = [];
    let commas = 0;
    for (;;) {
      this.#match(SPACE);
      if (this.#take(')')) break;
      if (items.length > commas) throw illFormed();
      items.push(this.#value());
      this.#match(SPACE);
      if (this.#take(',')) commas++;
    }
    this.#depth--;
    return items.length === 1 && commas === 0 ? (items[0] as Value) : items;
  }

  /** One text, or several side by side, which are one. */
  #texts(): string | undefined {
    let whole: string | undefined;
    for (;;) {
      this.#match(SPACE);
      const prefix = this.#match(PREFIX);
      if (prefix === undefined) return whole;
      whole = (whole ?? '') + this.#text(/[rR]/.test(prefix));
    }
  }

  /** The text that begins here with its quote. */
  #text(raw: boolean): string {
    const quote = this.#source.charAt(this.#at);
    const end = this.#source.startsWith(quote.repeat(3), this.#at) ? quote.repeat(3) : quote;
    this.#at += end.length;
    let text = '';
    while (!this.#take(end)) {
      const character = this.#source.charAt(this.#at);
      if (character === '' || (character === '\n' && end.length === 1)) throw illFormed();
      if (character !== '\\') {
        text += character;
        this.#at++;
      } else if (raw) {
        text += this.#source.slice(this.#at, this.#at + 2);
        this.#at += 2;
      } else {
        text += this.#escape();
      }
    }
    return text;
  }

  #escape(): string {
    const escape = this.#match(ESCAPE) as string;
    const letter = escape.charAt(1);
    const simple = SIMPLE[letter];
    if (simple !== undefined) return simple;
    if (/[0-7]/.test(letter)) return String.fromCharCode(Number.parseInt(escape.slice(1), 8));
    if (!/[xuU]/.test(letter)) {
      if (letter === 'N') throw illFormed();
      return escape;
    }
    const point = Number.parseInt(escape.slice(2), 16);
    if (Number.isNaN(point) || point > 0x10ffff) throw illFormed();
    return String.fromCodePoint(point);
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#source)) return undefined;
    const start = this.#at;
    this.#at = pattern.lastIndex;
    return this.#source.slice(start, this.#at);
  }
}

const ESCAPE = /\\(?:[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r\n|[^]|$)/y;

/** An unknown escape stands for itself, with its backslash. */
const SIMPLE: Readonly<Record<string, string>> = {
  '\n': '',
  '\r': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const illFormed = (): Error =>
  invalidParameter('While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.');
