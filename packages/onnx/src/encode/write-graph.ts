import type { Graph, Node } from '#/model/model.ts';
import { writeAttribute } from '#/encode/write-attribute.ts';
import { writeTensor } from '#/encode/write-tensor.ts';
import { writeValueInfo } from '#/encode/write-value-info.ts';
import type { WireWriter } from '#/wire/wire-writer.ts';
import { AppError } from '@mlab/kernel/errors';

export function writeGraph(writer: WireWriter, graph: Graph): void {
  if (graph.sparseInitializers.length > 0) throw new AppError('invalid', 'The graph has sparse tensors, which are not written.');
  for (const node of graph.nodes) writer.message(1, () => writeNode(writer, node));
  writer.text(2, graph.name);
  for (const tensor of graph.initializers) writer.message(5, () => writeTensor(writer, tensor));
  writer.text(10, graph.doc);
  for (const input of graph.inputs) writer.message(11, () => writeValueInfo(writer, input));
  for (const output of graph.outputs) writer.message(12, () => writeValueInfo(writer, output));
  for (const value of graph.values) writer.message(13, () => writeValueInfo(writer, value));
}

function writeNode(writer: WireWriter, node: Node): void {
  writer.strings(1, node.inputs);
  writer.strings(2, node.outputs);
  writer.text(3, node.name);
  writer.text(4, node.operator);
  for (const [name, attribute] of node.attributes) writer.message(5, () => writeAttribute(writer, name, attribute, writeGraph));
  writer.text(6, node.doc);
  writer.text(7, node.domain);
}
