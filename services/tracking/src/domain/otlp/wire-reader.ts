import { unreadable } from './bounds.ts';

const FATAL = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads protobuf's wire format from one buffer, never beyond the end that it is told. What is not well formed is refused: varints of more than
 * ten bytes, lengths beyond the message around, groups, texts that are not UTF-8. https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** The number of a field times eight, and its wire type. */
  tag(end: number): number {
    const tag = this.varint(end);
    if (tag < 8 || tag > 0xffff_ffff) throw unreadable('there is a field whose number cannot be.');
    return tag;
  }

  /** A number without a sign; rounded beyond 2^53, where no length and no member of an enumeration is. */
  varint(end: number): number {
    let value = 0;
    let factor = 1;
    for (let length = 0; length < 10; length++) {
      const byte = this.#byte(end);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw unreadable('there is a number of more than ten bytes.');
  }

  /** An int64, in digits. */
  int64(end: number): string {
    const start = this.at;
    const rounded = this.varint(end);
    if (rounded <= Number.MAX_SAFE_INTEGER) return String(rounded);
    let value = 0n;
    for (let at = this.at - 1; at >= start; at--) value = (value << 7n) | BigInt((this.#bytes[at] as number) & 0x7f);
    return String(BigInt.asIntN(64, value));
  }

  fixed64(end: number): bigint {
    const at = this.#take(8, end);
    return this.#bytes.readBigUInt64LE(at);
  }

  double(end: number): number {
    const at = this.#take(8, end);
    return this.#bytes.readDoubleLE(at);
  }

  /** Where something ends that begins with its length. */
  length(end: number): number {
    const length = this.varint(end);
    if (length > end - this.at) throw unreadable('something is longer than what it is in.');
    return this.at + length;
  }

  text(end: number): string {
    const stop = this.length(end);
    const text = this.#bytes.toString('utf8', this.at, stop);
    if (text.includes('\ufffd')) this.#checkUtf8(this.#bytes.subarray(this.at, stop));
    this.at = stop;
    return text;
  }

  bytes(end: number, encoding: 'hex' | 'base64'): string {
    const stop = this.length(end);
    const text = this.#bytes.toString(encoding, this.at, stop);
    this.at = stop;
    return text;
  }

  /** Goes past a field that nobody knows. One whose number is among the known ones has come with a wire type that it does not have. */
  skip(tag: number, end: number, known: number): void {
    const field = tag >>> 3;
    if (field < 32 && ((known >>> field) & 1) === 1) throw unreadable(`field ${field} of a message has the wire type ${tag & 7}.`);
    switch (tag & 7) {
      case 0:
        this.varint(end);
        return;
      case 1:
        this.#take(8, end);
        return;
      case 2:
        this.at = this.length(end);
        return;
      case 5:
        this.#take(4, end);
        return;
      default:
        throw unreadable(`there is a field of the wire type ${tag & 7}.`);
    }
  }

  #byte(end: number): number {
    if (this.at >= end) throw unreadable('it ends in the middle of something.');
    return this.#bytes[this.at++] as number;
  }

  #take(length: number, end: number): number {
    const { at } = this;
    if (length > end - at) throw unreadable('it ends in the middle of something.');
    this.at += length;
    return at;
  }

  #checkUtf8(bytes: Buffer): void {
    try {
      FATAL.decode(bytes);
    } catch {
      throw unreadable('a text is not UTF-8.');
    }
  }
}
