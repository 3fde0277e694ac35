import { multiplyingMemory, type MultiplyBlocks } from '#/arrays/simd.ts';

const MULTIPLIERS = new WeakMap<ArrayBufferLike, MultiplyBlocks>();

/** How to multiply within a buffer, where it is one of an arena. */
export const multiplierOf = (buffer: ArrayBufferLike): MultiplyBlocks | undefined => MULTIPLIERS.get(buffer);

/** Makes arrays of zeros that lie together, so that products of them are made two at a time. */
export class Arena {
  readonly #buffer: ArrayBufferLike | undefined;
  #at = 0;

  /** For so many doubles in all; more of them are arrays like any others. */
  constructor(doubles: number) {
    const memory = multiplyingMemory(doubles * 8);
    this.#buffer = memory?.buffer;
    if (memory !== undefined) MULTIPLIERS.set(memory.buffer, memory.multiply);
  }

  doubles(length: number): Float64Array {
    if (this.#buffer === undefined || this.#at + length * 8 > this.#buffer.byteLength) return new Float64Array(length);
    const array = new Float64Array(this.#buffer, this.#at, length);
    this.#at += length * 8;
    return array;
  }
}
