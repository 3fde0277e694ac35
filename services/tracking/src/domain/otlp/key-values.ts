/**
 * Writes what spans carry as OTLP writes it: attributes as a list of keys and typed values. It works on the text of JSON that this service has
 * written or looked at before, because parsing would make 2 of 2.0, and lose what a double cannot hold.
 */

/** `{"a": 1}` as `[{"key":"a","value":{"int_value":1}}]`. */
export function keyValuesText(object: string): string {
  return new Writer(object).keyValues();
}

/** The members of an object: each key and each value as JSON text. */
export function membersOf(object: string): readonly (readonly [key: string, value: string])[] {
  return new Writer(object).members();
}

const LARGEST = 2n ** 63n - 1n;

class Writer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  keyValues(): string {
    const items: string[] = [];
    this.#each((key) => items.push(`{"key":${key},"value":${this.#value()}}`));
    return `[${items.join(',')}]`;
  }

  members(): readonly (readonly [key: string, value: string])[] {
    const members: (readonly [string, string])[] = [];
    this.#each((key) => {
      this.#space();
      const start = this.#at;
      this.#value();
      members.push([key, this.#text.slice(start, this.#at)]);
    });
    return members;
  }

  /** Calls for every member of the object that begins here, when its value is next. */
  #each(member: (key: string) => void): void {
    this.#space();
    this.#at++;
    while (this.#next('}')) {
      const key = this.#quoted();
      this.#space();
      this.#at++;
      member(key);
    }
  }

  /** Whether something comes before the end of a list or an object; past the comma before it. */
  #next(end: string): boolean {
    this.#space();
    if (this.#text[this.#at] === ',') {
      this.#at++;
      this.#space();
    }
    if (this.#text[this.#at] !== end) return true;
    this.#at++;
    return false;
  }

  #value(): string {
    this.#space();
    switch (this.#text[this.#at]) {
      case '"':
        return `{"string_value":${this.#quoted()}}`;
      case '{':
        return `{"kvlist_value":{"values":${this.keyValues()}}}`;
      case '[':
        return `{"array_value":{"values":${this.#list()}}}`;
      default:
        return wordText(this.#word());
    }
  }

  #list(): string {
    const items: string[] = [];
    this.#at++;
    while (this.#next(']')) items.push(this.#value());
    return `[${items.join(',')}]`;
  }

  #quoted(): string {
    const start = this.#at;
    for (let at = this.#text.indexOf('"', start + 1); ; at = this.#text.indexOf('"', at + 1)) {
      if (at < 0) throw new Error('A stored value is not JSON.');
      let slashes = 0;
      while (this.#text[at - 1 - slashes] === '\\') slashes++;
      if (slashes % 2 === 1) continue;
      this.#at = at + 1;
      return this.#text.slice(start, this.#at);
    }
  }

  /** A number, true, false or null. */
  #word(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !/[\s,\]}]/.test(this.#text.charAt(this.#at))) this.#at++;
    if (this.#at === start) throw new Error('A stored value is not JSON.');
    return this.#text.slice(start, this.#at);
  }

  #space(): void {
    while (SPACE.has(this.#text.charCodeAt(this.#at))) this.#at++;
  }
}

const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

function wordText(word: string): string {
  if (word === 'null') return '{}';
  if (word === 'true' || word === 'false') return `{"bool_value":${word}}`;
  return isInt64(word) ? `{"int_value":${word}}` : `{"double_value":${word}}`;
}

function isInt64(word: string): boolean {
  if (!/^-?\d+$/.test(word)) return false;
  if (word.length < 19) return true;
  const value = BigInt(word);
  return value <= LARGEST && value >= -LARGEST - 1n;
}
