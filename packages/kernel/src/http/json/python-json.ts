import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, SPACE as BLANK } from './characters.ts';
import { FORBIDDEN_KEY, MAX_DEPTH } from './json-limits.ts';

/** What Python's `json` would say of a document, or what we do although Python would not. */
export interface JsonFault {
  readonly message: string;
  /** Counted in Unicode code points, as Python counts. */
  readonly offset: number;
}

/**
 * Reads a document exactly as the C scanner of Python's `json` (3.11, 3.12) does and tells its first fault; `undefined` when there is
 * none. It is only run on documents that are known to be bad. What Python accepts and we refuse (numbers that are not finite, the key
 * `__proto__`) is told only when Python has nothing to say; too deep a nesting is told at once, as Python too gives up there.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    const objection = new Scan(text).run();
    return objection && { message: objection.message, offset: countCodePoints(text, objection.index) };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { message: error.message, offset: countCodePoints(text, error.index) };
  }
}

class Stop extends Error {
  readonly index: number;

  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

interface Objection {
  readonly message: string;
  readonly index: number;
}

const SPACE = /[ \t\n\r]*/y;
const WORD = /null|true|false/y;
const NOT_FINITE = /NaN|-?Infinity/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const SIMPLE_ESCAPES = '"\\/bfnrt';

class Scan {
  readonly #text: string;
  /** The containers that are open, outermost first: true for an object. */
  readonly #open: boolean[] = [];
  #at = 0;
  #objection: Objection | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Objection | undefined {
    this.#skipSpace();
    do {
      this.#openOrReadValue();
    } while (this.#closeToNextValue());
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#stop('Extra data');
    return this.#objection;
  }

  /** Reads one scalar, or opens containers until it stands behind a scalar or an empty container. */
  #openOrReadValue(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== OPEN_BRACE && code !== OPEN_BRACKET) return this.#readScalar(code);
      if (this.#open.length === MAX_DEPTH) this.#stop(`Nesting deeper than ${MAX_DEPTH} levels`);
      const isObject = code === OPEN_BRACE;
      this.#at++;
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#at) === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        this.#at++;
        return;
      }
      this.#open.push(isObject);
      if (isObject) this.#readKey();
    }
  }

  /** Closes what ends here; true when another value of the innermost container follows. */
  #closeToNextValue(): boolean {
    while (this.#open.length > 0) {
      const isObject = this.#open.at(-1) === true;
      this.#skipSpace();
      const code = this.#text.charCodeAt(this.#at);
      if (code === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        this.#open.pop();
        this.#at++;
        continue;
      }
      if (code !== COMMA) this.#stop("Expecting ',' delimiter");
      this.#at++;
      this.#skipSpace();
      if (isObject) this.#readKey();
      return true;
    }
    return false;
  }

  #readKey(): void {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) this.#stop('Expecting property name enclosed in double quotes');
    const start = this.#at;
    this.#readString();
    const source = this.#text.slice(start, this.#at);
    if (source.length > FORBIDDEN_KEY.length && JSON.parse(source) === FORBIDDEN_KEY) {
      this.#object(`The key ${FORBIDDEN_KEY} is not allowed`, start);
    }
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== COLON) this.#stop("Expecting ':' delimiter");
    this.#at++;
    this.#skipSpace();
  }

  #readScalar(code: number): void {
    const start = this.#at;
    if (code === QUOTE) return this.#readString();
    const number = this.#take(NUMBER);
    if (number !== '') {
      if (!Number.isFinite(Number(number))) this.#object('Number out of range', start);
    } else if (this.#take(WORD) === '') {
      const notFinite = this.#take(NOT_FINITE);
      if (notFinite === '') this.#stop('Expecting value');
      this.#object(`${notFinite} is not a JSON number`, start);
    }
  }

  #readString(): void {
    const start = this.#at++;
    for (;;) {
      this.#take(PLAIN);
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code)) this.#stop('Unterminated string starting at', start);
      if (code === QUOTE) break;
      if (code !== BACKSLASH) this.#stop('Invalid control character at');
      this.#readEscape(start);
    }
    this.#at++;
  }

  #readEscape(stringStart: number): void {
    const escape = this.#text.charAt(this.#at + 1);
    if (escape === '') this.#stop('Unterminated string starting at', stringStart);
    if (escape !== 'u') {
      if (!SIMPLE_ESCAPES.includes(escape)) this.#stop('Invalid \\escape');
      this.#at += 2;
      return;
    }
    const u = this.#at + 1;
    this.#at += 2;
    // Python wants one more character behind the digits, so an escape that ends the document is a bad escape to it.
    if (this.#take(HEX4) === '' || this.#at === this.#text.length) this.#stop('Invalid \\uXXXX escape', u);
  }

  #take(token: RegExp): string {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #skipSpace(): void {
    if (this.#text.charCodeAt(this.#at) <= BLANK) this.#take(SPACE);
  }

  #object(message: string, index: number): void {
    this.#objection ??= { message, index };
  }

  #stop(message: string, index = this.#at): never {
    throw new Stop(message, index);
  }
}

/** How many code points stand before an index: a surrogate pair is one character to Python. */
function countCodePoints(text: string, index: number): number {
  let pairs = 0;
  for (let at = 1; at < index; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) pairs++;
  }
  return index - pairs;
}
