import { WireType } from '@bufbuild/protobuf/wire';
import { elementTypeOf, type ElementType } from '#/model/element-type.ts';
import type { Tensor, TensorContent } from '#/model/model.ts';
import { readEntry } from '#/read/read-entry.ts';
import { Chunks } from '#/wire/chunks.ts';
import { Int64s } from '#/wire/int64s.ts';
import type { WireReader } from '#/wire/wire-reader.ts';

const EXTERNAL = 1;

export function readTensor(reader: WireReader): Tensor {
  let name = '';
  let type: ElementType = 'undefined';
  let raw: Uint8Array | undefined;
  let location: number | undefined;
  const dims = new Int64s();
  const external = new Map<string, string>();
  const fields = { floats: new Chunks(), doubles: new Chunks(), int32s: new Int64s(), int64s: new Int64s(), uint64s: new Int64s() };
  const strings: string[] = [];
  reader.fields((field) => {
    if (field === 1) reader.int64s(dims);
    else if (field === 2) type = elementTypeOf(reader.int32());
    else if (field === 4) fields.floats.push(reader.fixed(WireType.Bit32));
    else if (field === 5) reader.int64s(fields.int32s);
    else if (field === 6) strings.push(reader.text());
    else if (field === 7) reader.int64s(fields.int64s);
    else if (field === 8) name = reader.text();
    else if (field === 9) raw = reader.bytes();
    else if (field === 10) fields.doubles.push(reader.fixed(WireType.Bit64));
    else if (field === 11) reader.int64s(fields.uint64s);
    else if (field === 13) external.set(...reader.message(readEntry));
    else if (field === 14) location = reader.int32();
    else reader.skip();
  });
  const content = (): TensorContent => {
    if (location === EXTERNAL || external.size > 0) {
      const file = external.get('location') ?? '';
      reader.externalData.push(file);
      return { kind: 'external', location: file };
    }
    if (raw !== undefined) return { kind: 'raw', bytes: raw };
    if (type === 'string') return { kind: 'strings', values: strings };
    if (!fields.doubles.isEmpty) return { kind: 'doubles', values: new Float64Array(fields.doubles.toBuffer()) };
    if (fields.int32s.length > 0) return { kind: 'int32s', values: fields.int32s.toInt32s() };
    if (fields.int64s.length > 0) return { kind: 'int64s', values: fields.int64s.toArray() };
    if (fields.uint64s.length > 0) return { kind: 'uint64s', values: new BigUint64Array(fields.uint64s.toArray().buffer) };
    return { kind: 'floats', values: new Float32Array(fields.floats.toBuffer()) };
  };
  return { name, type, dims: Array.from(dims.toArray(), Number), content: content() };
}
