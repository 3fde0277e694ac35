import { prepareTrees, type PreparedTrees } from '#/compile/trees/prepared-trees.ts';
import { Attributes } from '#/model/attributes.ts';
import type { Model, Node } from '#/model/model.ts';
import { treesOfNode } from '#/trees/trees-of.ts';

/** The model with its trees prepared, and without the lists that they were read from: what is left is compiled in no time. */
export function prepareModel(model: Model): Model {
  return { ...model, graph: { ...model.graph, nodes: model.graph.nodes.map(prepareNode) } };
}

function prepareNode(node: Node): Node {
  const trees = treesOfNode(node);
  if (trees === undefined) return node;
  const isExact = node.operator === 'TreeEnsemble' || new Attributes(node).has('nodes_values_as_tensor');
  return { ...node, attributes: new Map(), prepared: prepareTrees(trees, isExact) };
}

/** The memory of all that was prepared, which another thread can have without a copy. */
export function buffersOf({ graph }: Model): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { prepared } of graph.nodes) for (const array of arraysOf(prepared)) buffers.add(array.buffer as ArrayBuffer);
  return [...buffers];
}

const arraysOf = (prepared: PreparedTrees | undefined): readonly ArrayBufferView[] =>
  prepared === undefined
    ? []
    : [prepared.trees, prepared.quick ?? {}, prepared.single ?? {}].flatMap((part) =>
        Object.values(part).filter((value) => ArrayBuffer.isView(value)),
      );

/** How many bytes the arrays of the trees take. */
export const preparedBytes = ({ graph }: Model): number =>
  graph.nodes.reduce(
    (sum, { prepared }) =>
      sum + new Set(arraysOf(prepared).map(({ buffer }) => buffer)).values().reduce((all, { byteLength }) => all + byteLength, 0),
    0,
  );
