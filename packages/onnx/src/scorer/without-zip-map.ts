import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Model, Node } from '#/model/model.ts';
import { readNode } from '#/read/read-node.ts';
import { readGraph } from '#/read/read-graph.ts';
import { READ_LIMITS, WireReader } from '#/wire/wire-reader.ts';

/** Fields of ModelProto and GraphProto. */
const GRAPH = 7;
const OPSET = 8;
const NODE = 1;
const OUTPUT = 12;

const isZipMap = ({ operator, domain }: Node): boolean => operator === 'ZipMap' && domain === 'ai.onnx.ml';

/**
 * The bytes of a model with an Identity in the place of each ZipMap: what that makes of probabilities, a map for each row, ONNX Runtime
 * cannot hand to JavaScript. Everything else is copied as it is.
 */
export function withoutZipMap(bytes: Uint8Array, { graph, opsets }: Model): Uint8Array {
  const maps = new Set(graph.nodes.filter(isZipMap).flatMap(({ outputs }) => outputs));
  if (maps.size === 0) return bytes;
  const writer = new BinaryWriter();
  copyFields(bytes, writer, (field, value) => {
    if (field !== GRAPH) return false;
    writer.tag(GRAPH, WireType.LengthDelimited).fork();
    copyFields(value, writer, (inner, part) => replacePart(writer, maps, inner, part));
    writer.join();
    return true;
  });
  // Identity is of ai.onnx, which a model of ai.onnx.ml alone need not import.
  if (!opsets.has('')) writer.tag(OPSET, WireType.LengthDelimited).fork().tag(2, WireType.Varint).int64(13).join();
  return writer.finish();
}

/** Copies field after field, except those that `replace` takes on. */
function copyFields(bytes: Uint8Array, writer: BinaryWriter, replace: (field: number, value: Uint8Array) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wireType] = reader.tag();
    const valueStart = reader.pos;
    reader.skip(wireType);
    const end = reader.pos;
    if (wireType === WireType.LengthDelimited) {
      reader.pos = valueStart;
      const value = reader.bytes();
      if (replace(field, value)) continue;
    }
    writer.raw(bytes.subarray(start, end));
  }
}

function replacePart(writer: BinaryWriter, maps: ReadonlySet<string>, field: number, value: Uint8Array): boolean {
  if (field === OUTPUT && maps.has(nameOf(value))) {
    writeOutput(writer, nameOf(value));
    return true;
  }
  if (field !== NODE) return false;
  const node = readNode(new WireReader(value, READ_LIMITS), readGraph);
  if (!isZipMap(node)) return false;
  writer.tag(NODE, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(node.inputs[0] ?? '');
  writer.tag(2, WireType.LengthDelimited).string(node.outputs[0] ?? '');
  writer.tag(4, WireType.LengthDelimited).string('Identity');
  writer.join();
  return true;
}

/** ValueInfoProto and its type: a tensor of floats. */
function writeOutput(writer: BinaryWriter, name: string): void {
  writer.tag(OUTPUT, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(name);
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int32(1).join();
  writer.join().join();
}

function nameOf(valueInfo: Uint8Array): string {
  const reader = new WireReader(valueInfo, READ_LIMITS);
  let name = '';
  reader.fields((field) => {
    if (field === 1) name = reader.text();
    else reader.skip();
  });
  return name;
}
