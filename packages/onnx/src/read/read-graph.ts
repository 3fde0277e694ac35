import type { Graph, Node, Tensor, ValueInfo } from '#/model/model.ts';
import { readNode } from '#/read/read-node.ts';
import { readTensor } from '#/read/read-tensor.ts';
import { readValueInfo } from '#/read/read-value-info.ts';
import type { WireReader } from '#/wire/wire-reader.ts';

export const emptyGraph: Graph = {
  name: '',
  doc: '',
  nodes: [],
  inputs: [],
  outputs: [],
  values: [],
  initializers: [],
  sparseInitializers: [],
};

export function readGraph(reader: WireReader): Graph {
  let name = '';
  let doc = '';
  const nodes: Node[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const values: ValueInfo[] = [];
  const initializers: Tensor[] = [];
  const sparseInitializers: string[] = [];
  reader.fields((field) => {
    if (field === 1) nodes.push(reader.message(() => readNode(reader, readGraph)));
    else if (field === 2) name = reader.text();
    else if (field === 5) initializers.push(reader.message(readTensor));
    else if (field === 10) doc = reader.text();
    else if (field === 11) inputs.push(reader.message(readValueInfo));
    else if (field === 12) outputs.push(reader.message(readValueInfo));
    else if (field === 13) values.push(reader.message(readValueInfo));
    else if (field === 15) sparseInitializers.push(reader.message(readSparseName));
    else reader.skip();
  });
  return { name, doc, nodes, inputs, outputs, values, initializers, sparseInitializers };
}

/** A sparse tensor has the name of its values. */
function readSparseName(reader: WireReader): string {
  let name = '';
  reader.fields((field) => {
    if (field === 1) ({ name } = reader.message(readTensor));
    else if (field === 2) reader.message(readTensor);
    else reader.skip();
  });
  return name;
}
