const NOTHING = Buffer.alloc(0);

/** Bodies up to this are put together at their end, which takes no time worth mentioning. */
const SMALL_BYTES = 262_144;

/**
 * A body that comes in chunks. A large one is put together as it comes: to copy all of it at its end would hold up everybody else for a
 * millisecond or more for each of its megabytes. Memory that is reserved and not written yet is none.
 */
export class Gathered {
  size = 0;
  readonly #capacity: number;
  #chunks: Buffer[] = [];
  #whole: Buffer | undefined;

  /** `announced`: how many bytes there are said to be; where that is not known, `limit` is how many there are at most. */
  constructor(announced: number | undefined, limit: number) {
    this.#capacity = announced === undefined || !(announced <= limit) ? limit : announced;
  }

  /** Whether it is one that is taken in turns with others. */
  get isLarge(): boolean {
    return this.size > SMALL_BYTES;
  }

  add(chunk: Buffer): void {
    const start = this.size;
    this.size += chunk.length;
    if (this.#whole === undefined && this.isLarge && this.size <= this.#capacity) this.#spread();
    if (this.#whole !== undefined && this.size <= this.#capacity) this.#whole.set(chunk, start);
    else this.#chunks.push(chunk);
  }

  #spread(): void {
    this.#whole = Buffer.allocUnsafeSlow(this.#capacity);
    let at = 0;
    for (const chunk of this.#chunks) {
      this.#whole.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
  }

  /** All of it, once. */
  take(): Buffer {
    const [whole, chunks] = [this.#whole, this.#chunks];
    const [first] = chunks;
    this.#whole = undefined;
    this.#chunks = [];
    if (whole !== undefined) return chunks.length > 0 ? Buffer.concat([whole, ...chunks]) : whole.subarray(0, this.size);
    if (first === undefined) return NOTHING;
    return chunks.length === 1 ? first : Buffer.concat(chunks, this.size);
  }
}
