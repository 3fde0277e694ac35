/**
 * As much of protocol buffers as one question of the Open Inference Protocol needs: its client must cost little beside the server.
 * https://protobuf.dev/programming-guides/encoding/
 */
const VARINT = 0;
const BYTES = 2;

/** ModelInferRequest of one row: model_name 1, inputs 5 (name 1, datatype 2, shape 3), raw_input_contents 7. In the frame of gRPC. */
export function inferRequest(model: string, row: readonly number[]): Buffer {
  const shape = Buffer.concat([varint(1), varint(row.length)]);
  const input = Buffer.concat([field(1, Buffer.from('x')), field(2, Buffer.from('FP32')), field(3, shape)]);
  const raw = Buffer.from(Float32Array.from(row).buffer);
  const message = Buffer.concat([field(1, Buffer.from(model)), field(5, input), field(7, raw)]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** The float32 values of an output in a framed ModelInferResponse: outputs 5 (name 1), raw_output_contents 6 in their order. */
export function outputOf(frame: Buffer, name: string): number[] {
  const fields = fieldsOf(frame.subarray(5));
  const names = fields
    .filter(({ number }) => number === 5)
    .map(({ bytes }) =>
      fieldsOf(bytes)
        .find((each) => each.number === 1)
        ?.bytes.toString(),
    );
  const raw = fields.filter(({ number }) => number === 6)[names.indexOf(name)]?.bytes ?? Buffer.alloc(0);
  return Array.from({ length: raw.length / 4 }, (_, index) => raw.readFloatLE(index * 4));
}

const field = (number: number, bytes: Uint8Array): Buffer => Buffer.concat([varint((number << 3) | BYTES), varint(bytes.length), bytes]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

interface Field {
  readonly number: number;
  readonly bytes: Buffer;
}

function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = next();
    const length = next();
    if ((key & 7) === VARINT) continue;
    if ((key & 7) !== BYTES) throw new Error(`The answer has a field of type ${key & 7}, which is not read here.`);
    fields.push({ number: key >> 3, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}
