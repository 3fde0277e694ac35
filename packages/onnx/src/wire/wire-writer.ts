import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Writes protobuf fields. What is absent or empty is not written, as in what Python's onnx writes. */
export class WireWriter {
  readonly #writer = new BinaryWriter();

  finish(): Uint8Array<ArrayBuffer> {
    return this.#writer.finish();
  }

  message(field: number, write: (writer: WireWriter) => void): void {
    this.#writer.tag(field, WireType.LengthDelimited).fork();
    write(this);
    this.#writer.join();
  }

  /** A text that is left out when it is empty. */
  text(field: number, value: string): void {
    if (value !== '') this.string(field, value);
  }

  string(field: number, value: string): void {
    this.#writer.tag(field, WireType.LengthDelimited).string(value);
  }

  strings(field: number, values: readonly string[]): void {
    for (const value of values) this.string(field, value);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value);
  }

  int(field: number, value: number | bigint): void {
    this.#writer.tag(field, WireType.Varint).int64(value);
  }

  /** One field for each value, as onnx.proto has it where it does not say `packed`. */
  ints(field: number, values: BigInt64Array): void {
    eachInt(values, (narrow, wide) => {
      this.#writer.tag(field, WireType.Varint);
      if (narrow === undefined) this.#writer.int64(wide());
      else this.#writer.int32(narrow);
    });
  }

  packedInts(field: number, values: BigInt64Array): void {
    if (values.length === 0) return;
    this.#writer.tag(field, WireType.LengthDelimited).fork();
    eachInt(values, (narrow, wide) => {
      if (narrow === undefined) this.#writer.int64(wide());
      else this.#writer.int32(narrow);
    });
    this.#writer.join();
  }

  float(field: number, value: number): void {
    this.#writer.tag(field, WireType.Bit32).float(value);
  }

  floats(field: number, values: Float32Array): void {
    for (const value of values) this.float(field, value);
  }

  /** Floats or doubles that are written as one field. */
  packedNumbers(field: number, values: Float32Array | Float64Array): void {
    if (values.length > 0) this.bytes(field, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
}

/** Millions of integers are mostly small ones; those are handed out without a bigint each. */
function eachInt(values: BigInt64Array, write: (narrow: number | undefined, wide: () => bigint) => void): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let index = 0; index < values.length; index++) {
    const low = words[index * 2] ?? 0;
    write(words[index * 2 + 1] === low >> 31 ? low : undefined, () => values[index] ?? 0n);
  }
}
