import { AppError } from '@mlab/kernel/errors';
import { concat, labelEncoder, treeClassifier, treeRegressor, type Flow, type GraphBuilder, type Trees } from '@mlab/onnx';
import type { TreeColumn } from '#/trees/columns.ts';
import { LEQ, type Tree } from '#/trees/tree.ts';
import type { TreeModel } from '#/trees/tree-model.ts';
import type { Written } from '#/trainer.ts';

/** Adds the trees to a graph, behind what makes ranks of categories. */
export function writeTrees(model: TreeModel, graph: GraphBuilder, features: readonly Flow[]): Written {
  const { x, places } = inputOf(model, graph, features);
  const trees = flatten(model, places);
  if (model.task.kind === 'binary' || model.task.kind === 'multiclass') return { ...treeClassifier(graph, x, trees) };
  const value = treeRegressor(graph, x, trees);
  return { value: model.link === 'exp' ? (graph.node('Exp', [value], [{ type: 'float', dims: value.dims }])[0] as Flow) : value };
}

/** All that trees look at side by side, and where in it each column of the model stands. Ranks that no tree asks for are left out. */
function inputOf({ columns, trees }: TreeModel, graph: GraphBuilder, features: readonly Flow[]): { x: Flow; places: Int32Array } {
  const used = new Set(trees.flatMap((tree) => [...tree.features]));
  // They have to look at something, even where they are leaves alone.
  if (columns.columns.every(({ kind }, index) => kind === 'ranks' && !used.has(index))) used.add(0);
  const places = new Int32Array(columns.columns.length);
  const parts: Flow[] = [];
  let [width, source] = [0, 0];
  const add = (part: Flow): void => {
    parts.push(part);
    width += part.dims[0] ?? 1;
  };
  const bySource = Map.groupBy(
    columns.columns.map((column, index): { column: TreeColumn; index: number } => ({ column, index })),
    ({ column }) => column.source,
  );
  const ofSource = (wanted: number) => bySource.get(wanted) ?? [];
  for (const flow of features) {
    if (flow.type === 'string') {
      const categories = columns.sources[source]?.categories;
      if (categories === undefined) throw misfit(flow, 'a text', source);
      for (const { column, index } of ofSource(source)) {
        if (column.kind !== 'ranks' || !used.has(index)) continue;
        places[index] = width;
        add(ranksOf(graph, flow, categories, column.ranks));
      }
      source++;
      continue;
    }
    if (flow.type !== 'float') throw misfit(flow, flow.type, source);
    for (let inFlow = 0; inFlow < (flow.dims[0] ?? 1); inFlow++, source++) {
      const [only] = ofSource(source);
      if (only?.column.kind !== 'number') throw misfit(flow, 'a number', source);
      places[only.index] = width + inFlow;
    }
    add(flow);
  }
  if (source !== columns.sources.length) {
    throw new AppError('invalid', `The model was made from ${columns.sources.length} columns, and what is written has ${source}.`);
  }
  return { x: concat(graph, parts), places };
}

const misfit = (flow: Flow, kind: string, column: number): AppError =>
  new AppError('invalid', `Column ${column} of the model does not fit ${flow.name}, which is ${kind}.`);

/** A text that is none of the categories has no rank. */
function ranksOf(graph: GraphBuilder, text: Flow, categories: readonly string[], ranks: Float32Array): Flow {
  const known = categories.length > 0 ? { keys: categories, values: Array.from(ranks) } : { keys: [''], values: [Number.NaN] };
  return labelEncoder(graph, text, { ...known, fallback: Number.NaN }, 'float');
}

function flatten(model: TreeModel, places: Int32Array): Trees {
  const { trees: grown } = model;
  const trees = needsNegative(model, grown) ? [...grown, NEGATIVE] : grown;
  const nodes = trees.reduce((sum, tree) => sum + tree.features.length, 0);
  const leaves = trees.reduce((sum, tree) => sum + tree.features.filter((feature) => feature < 0).length, 0);
  const flat = {
    roots: new Int32Array(trees.length),
    features: new Int32Array(nodes),
    modes: new Uint8Array(nodes).fill(LEQ),
    thresholds: new Float64Array(nodes),
    yes: new Int32Array(nodes),
    no: new Int32Array(nodes),
    missingYes: new Uint8Array(nodes),
    covers: new Float64Array(nodes),
    weightStarts: new Int32Array(nodes + 1),
    weightTargets: new Int32Array(leaves * model.leafValues),
    weights: new Float64Array(leaves * model.leafValues),
  };
  let [root, weight] = [0, 0];
  trees.forEach((tree, number) => {
    flat.roots[number] = root;
    tree.features.forEach((feature, node) => {
      const at = root + node;
      flat.features[at] = feature < 0 ? -1 : (places[feature] as number);
      flat.covers[at] = tree.covers[node] as number;
      if (feature < 0) {
        for (let value = 0; value < model.leafValues; value++, weight++) {
          flat.weightTargets[weight] = model.leafValues === 1 ? number % model.outputs : value;
          flat.weights[weight] = tree.values[node * model.leafValues + value] as number;
        }
      } else {
        flat.modes[at] = tree.modes[node] as number;
        flat.thresholds[at] = tree.thresholds[node] as number;
        flat.missingYes[at] = tree.missingYes[node] as number;
        flat.no[at] = root + (tree.no[node] as number);
        flat.yes[at] = root + (tree.no[node] as number) + 1;
      }
      flat.weightStarts[at + 1] = weight;
    });
    root += tree.features.length;
  });
  return {
    ...flat,
    ...meaningOf(model),
    precision: 'float',
    aggregate: 'SUM',
    width: places.reduce((most, place) => Math.max(most, place + 1), 0),
  };
}

function meaningOf({ task, outputs, link, start }: TreeModel): Pick<Trees, 'targets' | 'baseValues' | 'postTransform' | 'classes'> {
  const baseValues = start.some((value) => value !== 0) ? Float64Array.from(start) : new Float64Array(0);
  const isClassifier = task.kind === 'binary' || task.kind === 'multiclass';
  return {
    // Of two classes the one score stands for the second, as ONNX Runtime has it where all weights are for the first.
    targets: link === 'logistic' || link === 'share' ? 2 : outputs,
    baseValues,
    postTransform: link === 'logistic' ? 'LOGISTIC' : link === 'softmax' ? 'SOFTMAX' : 'NONE',
    classes: isClassifier ? task.classes : undefined,
  };
}

/** Where no weight of a score is negative, ONNX Runtime takes them for shares: the second class would begin at 0.5 instead of 0. */
const needsNegative = ({ link }: TreeModel, trees: readonly Tree[]): boolean =>
  link === 'logistic' && trees.every(({ values }) => values.every((value) => value >= 0));

/** A tree of one leaf that says as good as nothing, but less than it. */
const NEGATIVE: Tree = {
  features: Int32Array.of(-1),
  thresholds: Float64Array.of(0),
  modes: Uint8Array.of(LEQ),
  missingYes: new Uint8Array(1),
  no: new Int32Array(1),
  values: Float32Array.of(-1e-30),
  covers: new Float64Array(1),
  gains: new Float64Array(1),
};
