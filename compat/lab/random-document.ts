/** Numbers that look random and are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TOKENS = [
  '{', '}', '[', ']', ',', ':', '"', '\\', '/', "'", ' ', '\n', '\t', '\r', '\u0000', '\u001f', '\u007f', '\u00a0', '\ufeff', '\u2028', 'é', '日', '🐟',
  '\\u', '\\u00e9', '\\ud83d', '\\udc1f', '\\uD83D\\uDC1f', '\\u12', '\\n', '\\"', '\\\\', '\\x', '\\/', '\\b', '0', '1', '9', '-', '+', '.', 'e', 'E', '-0', '-0.0', '1.0', '1.5e3', '1e400',
  '01', '12345678901234567890', '9007199254740993', '1e5', '0.1', '1E+2', 'true', 'false', 'null', 'True', 'NaN', 'Infinity', '-Infinity', 'nul', '"data"', '"input"', '"forward_to_model"', '"x"', '"yes"', '"_sa"',
  '"data":', '"forward_to_model":', ',"data":1', '"__proto__":', '{"a":1}', '[1,2]', '//', '/*', '#', '""', '{}', '[]',
]; // prettier-ignore

const WORDS = ['yes', 'No', 'ON', 'off', 't', 'F', '1', '0', 'true', 'FALSE', 'maybe', '', '2'];
const SPACES = ['', '', '', ' ', '\n', '\t ', ' \r\n'];

/** Makes JSON documents as clients send them, and breaks most of them a little. */
export class DocumentMaker {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  document(): string {
    let text = this.below(4) > 0 ? this.#request() : this.#value(3);
    for (let change = this.pick([0, 1, 1, 1, 2, 3]); change > 0; change--) text = this.#mutate(text);
    return text;
  }

  #request(): string {
    const fields = [`"data"${this.#space()}:${this.#value(this.below(2))}`];
    if (this.below(2) > 0) fields[0] = `"data":${this.#string()}`;
    if (this.below(2) > 0) fields.push(`"forward_to_model":${this.below(2) > 0 ? `"${this.pick(WORDS)}"` : this.#value(1)}`);
    if (this.below(2) > 0) fields.push(`"input":${this.below(2) > 0 ? this.#string() : this.#value(1)}`);
    if (this.below(4) === 0) fields.unshift(`${this.#string()}:${this.#value(2)}`);
    return `${this.#space()}{${this.#space()}${fields.join(`${this.#space()},${this.#space()}`)}${this.#space()}}${this.#space()}`;
  }

  #value(depth: number): string {
    const kind = this.below(depth > 0 ? 9 : 6);
    if (kind < 2) return this.#string();
    if (kind < 4) return this.#number();
    if (kind < 6) return this.pick(['true', 'false', 'null']);
    const items = Array.from({ length: this.below(4) }, () => this.#value(depth - 1));
    const separator = `${this.#space()},${this.#space()}`;
    if (kind === 6) return `[${this.#space()}${items.join(separator)}${this.#space()}]`;
    return `{${this.#space()}${items.map((item) => `${this.#string()}${this.#space()}:${this.#space()}${item}`).join(separator)}}`;
  }

  #string(): string {
    const characters = ['a', 'Z', ' ', 'é', '日', '🐟', '\\n', '\\u00e9', '\\ud83d\\udc1f', '\\"', '\\\\', '\\u0000', '\u007f', '\u2028'];
    return `"${Array.from({ length: this.below(6) }, () => this.pick(characters)).join('')}"`;
  }

  #number(): string {
    const digits = String(this.below(10 ** this.pick([1, 1, 2, 9])));
    const whole = this.below(8) === 0 ? `1${digits}${digits}${digits}${digits}` : digits;
    const fraction = this.below(3) === 0 ? `.${this.below(1000)}` : '';
    return `${this.pick(['', '', '-'])}${whole}${fraction}${this.below(6) === 0 ? this.pick(['e5', 'E-3', 'e+17', 'e0']) : ''}`;
  }

  #space(): string {
    return this.pick(SPACES);
  }

  #mutate(text: string): string {
    const at = this.below(text.length + 1);
    const length = this.pick([1, 1, 2, 5]);
    switch (this.below(6)) {
      case 0:
        return text.slice(0, at) + text.slice(at + length);
      case 1:
        return text.slice(0, at);
      case 2:
        return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
      case 3:
        return text.slice(0, at) + this.pick(TOKENS) + text.slice(at + length);
      default:
        return text.slice(0, at) + this.pick(TOKENS) + text.slice(at);
    }
  }
}
