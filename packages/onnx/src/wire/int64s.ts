import { AppError } from '@mlab/kernel/errors';

/**
 * A growing list of int64 that makes no bigint of them: models have millions. Words are kept in the order of the machine, which is
 * little-endian wherever Node runs.
 */
export class Int64s {
  #words = new Int32Array(16);
  #length = 0;

  /** Reads the varint at `position` and returns where it ends. */
  pushVarint(bytes: Uint8Array, position: number, end: number): number {
    let low = 0;
    let high = 0;
    let at = position;
    for (let shift = 0; ; shift += 7) {
      const byte = at < end && shift < 70 ? bytes[at++] : undefined;
      if (byte === undefined) throw new AppError('invalid', 'The model is no ONNX file that can be read: a number in it does not end.');
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) break;
    }
    if (this.#length * 2 === this.#words.length) {
      const grown = new Int32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[this.#length * 2] = low;
    this.#words[this.#length * 2 + 1] = high;
    this.#length++;
    return at;
  }

  get length(): number {
    return this.#length;
  }

  /** The low halves: the values themselves where they are int32. */
  toInt32s(): Int32Array {
    return Int32Array.from({ length: this.#length }, (_, index) => this.#words[index * 2] ?? 0);
  }

  toArray(): BigInt64Array {
    return new BigInt64Array(this.#words.buffer.slice(0, this.#length * 8));
  }
}
