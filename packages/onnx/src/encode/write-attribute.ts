import type { Attribute, Graph } from '#/model/model.ts';
import { writeTensor } from '#/encode/write-tensor.ts';
import type { WireWriter } from '#/wire/wire-writer.ts';
import { AppError } from '@mlab/kernel/errors';

/** `AttributeProto.AttributeType`. */
const TYPES = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  other: 0,
} as const;

export function writeAttribute(
  writer: WireWriter,
  name: string,
  { kind, value }: Attribute,
  writeGraph: (writer: WireWriter, graph: Graph) => void,
): void {
  writer.text(1, name);
  if (kind === 'float') writer.float(2, value);
  else if (kind === 'int') writer.int(3, value);
  else if (kind === 'string') writer.string(4, value);
  else if (kind === 'tensor') writer.message(5, () => writeTensor(writer, value));
  else if (kind === 'graph') writer.message(6, () => writeGraph(writer, value));
  else if (kind === 'floats') writer.floats(7, value);
  else if (kind === 'ints') writer.ints(8, value);
  else if (kind === 'strings') writer.strings(9, value);
  else if (kind === 'tensors') for (const tensor of value) writer.message(10, () => writeTensor(writer, tensor));
  else if (kind === 'graphs') for (const graph of value) writer.message(11, () => writeGraph(writer, graph));
  else throw new AppError('invalid', `The attribute ${name} is of a kind that is not written.`);
  writer.int(20, TYPES[kind]);
}
