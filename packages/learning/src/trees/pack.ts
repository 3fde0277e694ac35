import { AppError } from '@mlab/kernel/errors';
import { emptyTree, type Tree } from '#/trees/tree.ts';

/* A state to go on from as bytes: a line of JSON, and behind it the arrays of all trees, little-endian as every machine that runs this is. */

const MAGIC = 'mlab trees 1\n';

/** What is told beside the trees, of JSON values. */
export type Told = Readonly<Record<string, unknown>>;

export function packTrees(told: Told, trees: readonly Tree[], leafValues: number): Uint8Array {
  const head = new TextEncoder().encode(
    `${MAGIC}${JSON.stringify({ told, leafValues, nodes: trees.map(({ features }) => features.length) })}\n`,
  );
  const parts = trees.flatMap(arraysOf).map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, head.length));
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function unpackTrees(bytes: Uint8Array): { told: Told; trees: Tree[] } {
  const refusal = (cause?: unknown): AppError =>
    new AppError('invalid', 'The state to go on from is none that was written here.', { cause });
  const from = MAGIC.length;
  const end = bytes.indexOf(10, from);
  if (end < 0 || new TextDecoder().decode(bytes.subarray(0, from)) !== MAGIC) throw refusal();
  let head: { told: Told; leafValues: number; nodes: readonly number[] };
  try {
    head = JSON.parse(new TextDecoder().decode(bytes.subarray(from, end))) as typeof head;
  } catch (error) {
    throw refusal(error);
  }
  const isSize = (nodes: unknown): boolean => Number.isInteger(nodes) && (nodes as number) > 0 && (nodes as number) <= bytes.length;
  if (!Array.isArray(head.nodes) || !head.nodes.every(isSize)) throw refusal();
  let at = end + 1;
  const trees = head.nodes.map((nodes) => {
    const tree = emptyTree(nodes, head.leafValues);
    for (const array of arraysOf(tree)) {
      if (at + array.byteLength > bytes.length) throw refusal();
      new Uint8Array(array.buffer).set(bytes.subarray(at, at + array.byteLength));
      at += array.byteLength;
    }
    return tree;
  });
  if (at !== bytes.length) throw refusal();
  return { told: head.told, trees };
}

const arraysOf = ({ features, thresholds, modes, missingYes, no, values, covers, gains }: Tree) => [
  features,
  thresholds,
  modes,
  missingYes,
  no,
  values,
  covers,
  gains,
];
