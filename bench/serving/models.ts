/** What is served, and what is asked: the same bytes and the same questions for all. */
import { GraphBuilder, linearClassifier, treeClassifier, writeModel } from '@mlab/onnx';
import { chance, fullTrees } from '../scoring/models.ts';

const FEATURES = 30;
export const MODELS = ['trees', 'linear'] as const;
export type ModelName = (typeof MODELS)[number];

export interface ServedFile {
  readonly name: ModelName;
  readonly title: string;
  readonly bytes: Uint8Array;
}

/** One input `x` of 30 numbers; a class, 0 or 1, and the probabilities of both. */
export function writeServed(name: ModelName): ServedFile {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float', FEATURES);
  const coefficients = Array.from({ length: FEATURES }, () => chance() - 0.5);
  const { label, probabilities } =
    name === 'trees'
      ? treeClassifier(graph, x, fullTrees(100, 6, FEATURES, [0, 1]))
      : linearClassifier(graph, x, { coefficients, intercepts: [0.1], classes: [0, 1], postTransform: 'LOGISTIC' });
  graph.output('label', label);
  graph.output('probabilities', probabilities);
  const title = name === 'trees' ? '100 trees of depth 6, 30 features' : 'linear model, 30 features';
  return { name, title, bytes: writeModel(graph.build()) };
}

/** A row as a table has it: some digits, not all that a double can have. */
export const makeRow = (): number[] => Array.from({ length: FEATURES }, () => Math.round(chance() * 10_000) / 10_000);

export const inferBody = (row: readonly number[]): string =>
  JSON.stringify({ inputs: [{ name: 'x', shape: [1, FEATURES], datatype: 'FP32', data: row }] });

export const rowsBody = (row: readonly number[]): string => JSON.stringify({ rows: [{ x: row }] });
