import { MODES } from '@mlab/onnx';

export const LEQ = MODES.indexOf('LEQ');
export const EQ = MODES.indexOf('EQ');

/** A tree, one entry for each node: in the order of their depth, the two children of a node side by side, `yes` behind `no`. */
export interface Tree {
  /** Number of the model's column; -1 in a leaf. */
  readonly features: Int32Array;
  readonly thresholds: Float64Array;
  /** Index in the MODES of @mlab/onnx. */
  readonly modes: Uint8Array;
  /** 1 where a missing value takes the yes child. */
  readonly missingYes: Uint8Array;
  readonly no: Int32Array;
  /** Of leaves, `targets` values each; 0 elsewhere. */
  readonly values: Float32Array;
  /** Weight, or number, of the rows that came to the node in training. */
  readonly covers: Float64Array;
  /** By how much the split of the node made the loss less. */
  readonly gains: Float64Array;
}

export interface NewNode {
  feature: number;
  threshold: number;
  mode: number;
  missingYes: number;
  /** Where the no child stands among the new nodes; behind it stands the yes child. */
  no: number;
  value: number;
  cover: number;
  gain: number;
}

export const newLeaf = (cover: number): NewNode => ({
  feature: -1,
  threshold: 0,
  mode: LEQ,
  missingYes: 0,
  no: 0,
  value: 0,
  cover,
  gain: 0,
});

/** Nodes that were made in any order as a tree. The first one is the root. */
export function layOut(nodes: readonly NewNode[]): Tree {
  const tree = emptyTree(nodes.length, 1);
  nodes.forEach((node, place) => {
    tree.features[place] = node.feature;
    tree.thresholds[place] = node.threshold;
    tree.modes[place] = node.mode;
    tree.missingYes[place] = node.missingYes;
    tree.no[place] = node.no;
    tree.values[place] = node.value;
    tree.covers[place] = node.cover;
    tree.gains[place] = node.gain;
  });
  return inOrder(tree, nodes.length);
}

/** The first nodes of a tree, in the order of their depth. */
export function inOrder(tree: Tree, nodes: number): Tree {
  const order = new Int32Array(nodes);
  const ordered = emptyTree(nodes, tree.values.length / tree.features.length);
  const targets = ordered.values.length / nodes;
  let next = 1;
  for (let place = 0; place < nodes; place++) {
    const node = order[place] as number;
    const isLeaf = (tree.features[node] as number) < 0;
    ordered.features[place] = tree.features[node] as number;
    ordered.thresholds[place] = tree.thresholds[node] as number;
    ordered.modes[place] = tree.modes[node] as number;
    ordered.missingYes[place] = tree.missingYes[node] as number;
    ordered.no[place] = isLeaf ? 0 : next;
    ordered.covers[place] = tree.covers[node] as number;
    ordered.gains[place] = tree.gains[node] as number;
    for (let target = 0; target < targets; target++) {
      ordered.values[place * targets + target] = tree.values[node * targets + target] as number;
    }
    if (isLeaf) continue;
    order[next++] = tree.no[node] as number;
    order[next++] = (tree.no[node] as number) + 1;
  }
  return ordered;
}

export const emptyTree = (nodes: number, targets: number): Tree => ({
  features: new Int32Array(nodes),
  thresholds: new Float64Array(nodes),
  modes: new Uint8Array(nodes),
  missingYes: new Uint8Array(nodes),
  no: new Int32Array(nodes),
  values: new Float32Array(nodes * targets),
  covers: new Float64Array(nodes),
  gains: new Float64Array(nodes),
});

/** The leaf that a row comes to: `at` is where its values begin in `x`. */
export function leafOf({ features, thresholds, modes, missingYes, no }: Tree, x: Float32Array, at: number): number {
  let node = 0;
  for (let feature = features[0] as number; feature >= 0; feature = features[node] as number) {
    const value = x[at + feature] as number;
    // Computed, because the processor would guess it wrong half of the time; what follows is hardly ever so.
    let yes = Number(value <= (thresholds[node] as number));
    if (Number.isNaN(value)) yes = missingYes[node] as number;
    else if (modes[node] === EQ) yes = Number(value === thresholds[node]);
    node = (no[node] as number) + yes;
  }
  return node;
}
