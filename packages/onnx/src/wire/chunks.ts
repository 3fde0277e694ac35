/** Bytes of numbers of a fixed size that come in pieces, one number each or many at once. */
export class Chunks {
  #bytes = new Uint8Array(64);
  #length = 0;

  push(piece: Uint8Array): void {
    if (this.#length + piece.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + piece.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length += piece.length;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Floats and doubles are little-endian in protobuf as they are on every machine that Node runs on. */
  toBuffer(): ArrayBuffer {
    return this.#bytes.buffer.slice(0, this.#length);
  }
}
