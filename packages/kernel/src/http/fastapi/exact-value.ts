import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, QUOTE, SPACE } from '../json/characters.ts';

/** Digits enough for an integer that a double cannot hold, or a zero with a sign. It also finds some that are harmless. */
const MAY_BE_INEXACT = /[0-9]{16}|-0/;

/** Whether a document may hold integers that `JSON.parse` does not give back as they were written. */
export const mayBeInexact = (json: string): boolean => MAY_BE_INEXACT.test(json);

/**
 * A JSON value with its integers kept exact: those that a double cannot hold become `bigint`, and `-0` becomes `0`, as in Python. The
 * document must be one that `JSON.parse` has accepted, and not too deep. `JSON.parse` can show the sources of numbers too, but then
 * takes many times as long, and any sender of a large bad body could make us pay that.
 */
export function parseExactly(json: string): unknown {
  return new ExactReader(json).read();
}

class ExactReader {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  read(): unknown {
    switch (this.#next()) {
      case '{':
        return this.#readObject();
      case '[':
        return this.#readArray();
      case '"':
        return this.#readString();
      default:
        return this.#readScalar();
    }
  }

  #readObject(): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    this.#at++;
    while (this.#next() !== '}') {
      const key = this.#readString();
      this.#next();
      this.#at++;
      record[key] = this.read();
      if (this.#next() === ',') this.#at++;
    }
    this.#at++;
    return record;
  }

  #readArray(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    while (this.#next() !== ']') {
      items.push(this.read());
      if (this.#next() === ',') this.#at++;
    }
    this.#at++;
    return items;
  }

  #readString(): string {
    const start = this.#at++;
    let isPlain = true;
    for (let code = this.#code(); code !== QUOTE; code = this.#code()) {
      if (code === BACKSLASH) isPlain = false;
      this.#at += code === BACKSLASH ? 2 : 1;
    }
    this.#at++;
    return isPlain ? this.#json.slice(start + 1, this.#at - 1) : (JSON.parse(this.#json.slice(start, this.#at)) as string);
  }

  #readScalar(): unknown {
    const start = this.#at;
    while (this.#at < this.#json.length && !endsScalar(this.#code())) this.#at++;
    const source = this.#json.slice(start, this.#at);
    const value: unknown = JSON.parse(source);
    return typeof value === 'number' ? exactNumber(value, source) : value;
  }

  /** Goes to the next character that is not a space. */
  #next(): string {
    while (this.#code() <= SPACE) this.#at++;
    return this.#json.charAt(this.#at);
  }

  #code(): number {
    return this.#json.charCodeAt(this.#at);
  }
}

const endsScalar = (code: number): boolean => code <= SPACE || code === COMMA || code === CLOSE_BRACKET || code === CLOSE_BRACE;

function exactNumber(value: number, source: string): number | bigint {
  if (/[.eE]/.test(source)) return value;
  if (value === 0) return 0;
  return Number.isSafeInteger(value) ? value : BigInt(source);
}
