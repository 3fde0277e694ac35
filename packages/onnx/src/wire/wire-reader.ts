import { AppError } from '@mlab/kernel/errors';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Int64s } from '#/wire/int64s.ts';

export interface ReadLimits {
  readonly maxBytes: number;
  /** How deep messages may be nested. A graph in a graph is three levels. */
  readonly maxDepth: number;
  /** How many messages (nodes, attributes, tensors, dimensions …) and, at a sixteenth each, texts there may be. */
  readonly maxMessages: number;
}

export const READ_LIMITS: ReadLimits = { maxBytes: 512 * 1024 * 1024, maxDepth: 64, maxMessages: 2_000_000 };

const TEXTS_PER_MESSAGE = 16;

/** Reads protobuf fields within limits. Whatever bytes come, it ends, and throws nothing but an AppError. */
export class WireReader {
  /** Files that tensors say their values are in, wherever in the model they are. */
  readonly externalData: string[] = [];
  readonly #reader: BinaryReader;
  readonly #bytes: Buffer;
  readonly #limits: ReadLimits;
  #wireType: WireType = WireType.Varint;
  #end: number;
  #depth = 0;
  #budget: number;

  constructor(bytes: Uint8Array, limits: ReadLimits) {
    if (bytes.length > limits.maxBytes) throw invalid(`it has ${bytes.length} bytes, and at most ${limits.maxBytes} are read`);
    this.#reader = new BinaryReader(bytes);
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
    this.#end = bytes.length;
    this.#budget = limits.maxMessages * TEXTS_PER_MESSAGE;
  }

  /** Calls `read` with the number of each field of the message being read. It has to read the field's value, or `skip` it. */
  fields(read: (field: number) => void): void {
    while (this.#reader.pos < this.#end) {
      const [field, wireType] = guarded(() => this.#reader.tag());
      this.#wireType = wireType;
      read(field);
      if (this.#reader.pos > this.#end) throw truncated();
    }
  }

  /** Whether the value that comes next may be a message. */
  get isMessage(): boolean {
    return this.#wireType === WireType.LengthDelimited;
  }

  /** A field that is itself a message. */
  message<T>(read: (reader: WireReader) => T): T {
    const outer = this.#end;
    this.#end = this.#length();
    this.#spend(TEXTS_PER_MESSAGE);
    if (++this.#depth > this.#limits.maxDepth) throw invalid(`messages in it are nested deeper than ${this.#limits.maxDepth} levels`);
    const value = read(this);
    this.#depth--;
    this.#end = outer;
    return value;
  }

  text(): string {
    const end = this.#length();
    this.#spend(1);
    const text = this.#bytes.toString('utf8', this.#reader.pos, end);
    this.#reader.pos = end;
    return text;
  }

  /** A view of the file's bytes, not a copy. */
  bytes(): Uint8Array {
    const end = this.#length();
    const bytes = this.#bytes.subarray(this.#reader.pos, end);
    this.#reader.pos = end;
    return bytes;
  }

  float(): number {
    this.#expect(WireType.Bit32);
    return guarded(() => this.#reader.float());
  }

  /** An enumeration, a version, a type: integers that fit into 32 bits. */
  int32(): number {
    this.#expect(WireType.Varint);
    return guarded(() => this.#reader.int32());
  }

  int64(): bigint {
    this.#expect(WireType.Varint);
    return BigInt(guarded(() => this.#reader.int64()));
  }

  /** A length or a size: an int64 that a number can hold exactly. */
  size(): number {
    const value = this.int64();
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) throw invalid(`the size ${value} in it is too large`);
    return Number(value);
  }

  /** One value of a repeated int64, or all of them where they are packed. */
  int64s(into: Int64s): void {
    if (this.#wireType === WireType.LengthDelimited) {
      const end = this.#length();
      while (this.#reader.pos < end) this.#reader.pos = into.pushVarint(this.#bytes, this.#reader.pos, end);
    } else {
      this.#expect(WireType.Varint);
      this.#reader.pos = into.pushVarint(this.#bytes, this.#reader.pos, this.#end);
    }
  }

  /** The bytes of one or, where they are packed, of all values of a repeated field of fixed size. */
  fixed(wireType: WireType.Bit32 | WireType.Bit64): Uint8Array {
    const size = wireType === WireType.Bit32 ? 4 : 8;
    if (this.#wireType === WireType.LengthDelimited) {
      const packed = this.bytes();
      if (packed.length % size !== 0) throw invalid(`${packed.length} bytes in it are no whole number of values of ${size} bytes`);
      return packed;
    }
    this.#expect(wireType);
    const start = this.#reader.pos;
    if (start + size > this.#end) throw truncated();
    this.#reader.pos += size;
    return this.#bytes.subarray(start, start + size);
  }

  skip(): void {
    // Groups are a form that onnx.proto never had; only who means harm nests them.
    if (this.#wireType === WireType.StartGroup || this.#wireType === WireType.EndGroup) throw invalid('it has a group, which ONNX has not');
    guarded(() => this.#reader.skip(this.#wireType));
  }

  /** Where the length-delimited value ends whose length comes next. */
  #length(): number {
    this.#expect(WireType.LengthDelimited);
    const length = guarded(() => this.#reader.uint32());
    const end = this.#reader.pos + length;
    if (end > this.#end) throw truncated();
    return end;
  }

  #expect(wireType: WireType): void {
    if (this.#wireType !== wireType) throw invalid('a field in it has another form than onnx.proto says');
  }

  #spend(texts: number): void {
    this.#budget -= texts;
    if (this.#budget < 0) throw invalid(`it has more than ${this.#limits.maxMessages} parts`);
  }
}

const guarded = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw new AppError('invalid', 'The model is no ONNX file: its bytes break off or are no protobuf.', { cause: error });
  }
};

const truncated = (): AppError => invalid('it ends in the middle of a value');

const invalid = (what: string): AppError => new AppError('invalid', `The model is no ONNX file that can be read: ${what}.`);
