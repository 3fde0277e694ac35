import { WireType } from '@bufbuild/protobuf/wire';
import type { Attribute, Graph, Tensor } from '#/model/model.ts';
import { readTensor } from '#/read/read-tensor.ts';
import { Chunks } from '#/wire/chunks.ts';
import { Int64s } from '#/wire/int64s.ts';
import type { WireReader } from '#/wire/wire-reader.ts';

/** `AttributeProto.AttributeType`. */
const KINDS: Readonly<Record<number, Attribute['kind']>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  5: 'graph',
  6: 'floats',
  7: 'ints',
  8: 'strings',
  9: 'tensors',
  10: 'graphs',
};

/** `readGraph` is handed down, because graphs have nodes, which have attributes, which may be graphs. */
export function readAttribute(reader: WireReader, readGraph: (reader: WireReader) => Graph): [name: string, attribute: Attribute] {
  let name = '';
  let type: number | undefined;
  let single: Attribute | undefined;
  const floats = new Chunks();
  const ints = new Int64s();
  const strings: string[] = [];
  const tensors: Tensor[] = [];
  const graphs: Graph[] = [];
  reader.fields((field) => {
    if (field === 1) name = reader.text();
    else if (field === 2) single = { kind: 'float', value: reader.float() };
    else if (field === 3) single = { kind: 'int', value: reader.int64() };
    else if (field === 4) single = { kind: 'string', value: reader.text() };
    else if (field === 5) single = { kind: 'tensor', value: reader.message(readTensor) };
    else if (field === 6) single = { kind: 'graph', value: reader.message(readGraph) };
    else if (field === 7) floats.push(reader.fixed(WireType.Bit32));
    else if (field === 8) reader.int64s(ints);
    else if (field === 9) strings.push(reader.text());
    else if (field === 10) tensors.push(reader.message(readTensor));
    else if (field === 11) graphs.push(reader.message(readGraph));
    else if (field === 20) type = reader.int32();
    else reader.skip();
  });
  const many = (): Attribute | undefined => {
    // Files older than the field `type` say by their values what they are.
    const kind = KINDS[type ?? 0] ?? (floats.isEmpty ? (ints.length > 0 ? 'ints' : strings.length > 0 ? 'strings' : undefined) : 'floats');
    if (kind === 'floats') return { kind, value: new Float32Array(floats.toBuffer()) };
    if (kind === 'ints') return { kind, value: ints.toArray() };
    if (kind === 'strings') return { kind, value: strings };
    if (kind === 'tensors') return { kind, value: tensors };
    if (kind === 'graphs') return { kind, value: graphs };
    return undefined;
  };
  return [name, single ?? many() ?? { kind: 'other', value: undefined }];
}
