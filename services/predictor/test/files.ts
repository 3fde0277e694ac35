import {
  concat,
  GraphBuilder,
  linearClassifier,
  linearRegressor,
  oneHotEncoder,
  treeRegressor,
  writeModel,
  type Attribute,
  type Flow,
} from '@mlab/onnx';

/** What MLflow writes of a model with the flavour `onnx`. */
export const mlmodel = (data = 'model.onnx'): string =>
  [
    'artifact_path: model',
    'flavors:',
    '  onnx:',
    '    code: null',
    `    data: ${data}`,
    '  python_function:',
    '    data: other.onnx',
    '',
  ].join('\n');

/** A model of two classes: of a number, and of a text that is `a` or `b`. `shift` tells models apart. */
export function classifier(shift = 0): Uint8Array {
  const graph = new GraphBuilder({ name: 'mlab' });
  const age = graph.input('age', 'float');
  const plan = graph.input('plan', 'string');
  const x = concat(graph, [age, oneHotEncoder(graph, plan, ['a', 'b'])]);
  const weights = { coefficients: [0.5, 1, -1], intercepts: [shift], classes: ['no', 'yes'], postTransform: 'LOGISTIC' as const };
  const { label, probabilities } = linearClassifier(graph, x, weights);
  graph.output('label', label);
  graph.output('probabilities', probabilities);
  graph.classes(['no', 'yes']);
  const inputs = [
    { name: 'age', kind: 'number' },
    { name: 'plan', kind: 'text' },
  ];
  const outputs = { label: 'label', probabilities: 'probabilities' };
  return writeModel(graph.build({ task: 'binary', trainer: 'logistic', inputs: JSON.stringify(inputs), outputs: JSON.stringify(outputs) }));
}

/** A model that says its number, and one more for each `x`. */
export function constant(value: number): Uint8Array {
  const graph = new GraphBuilder({ name: 'constant' });
  const x = graph.input('x', 'float');
  graph.output('value', linearRegressor(graph, x, { coefficients: [1], intercepts: [value] }));
  return writeModel(graph.build());
}

/** A graph with an operator that has no compiled form, so that ONNX Runtime computes it. */
export function uncompiled(operator = 'Erf'): Uint8Array {
  const graph = new GraphBuilder({ name: 'uncompiled' });
  const x = graph.input('x', 'float');
  graph.output('value', graph.node(operator, [x], [{ type: 'float', dims: x.dims }])[0] as Flow);
  return writeModel(graph.build());
}

/** Makes as many numbers as it is told, which take four bytes each, and gives all of them: a long answer to a short question. */
export const counting = (): Uint8Array => filling(true);

/** The same, and says how many there were: much memory for a short question. */
export function filling(isGiven = false): Uint8Array {
  const graph = new GraphBuilder({ name: 'filling' });
  const x = graph.input('x', 'float');
  const only = (
    operator: string,
    inputs: readonly Flow[],
    type: Flow['type'],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Flow => graph.node(operator, inputs, [{ type, dims: [] }], { attributes })[0] as Flow;
  const one = graph.constant('int64', [1], { kind: 'int64s', values: BigInt64Array.of(1n) });
  const count = only('Cast', [only('Reshape', [x, one], 'float')], 'int64', { to: { kind: 'int', value: 7n } });
  const value = { name: '', type: 'float' as const, dims: [1], content: { kind: 'floats' as const, values: Float32Array.of(1) } };
  const numbers = only('ConstantOfShape', [count], 'float', { value: { kind: 'tensor', value } });
  if (isGiven) {
    graph.output('numbers', numbers);
    return writeModel(graph.build());
  }
  const sum = only('ReduceSum', [numbers], 'float', { keepdims: { kind: 'int', value: 1n } });
  graph.output('value', graph.node('Max', [sum, x], [{ type: 'float', dims: x.dims }])[0] as Flow);
  return writeModel(graph.build());
}

export const logged = (model: Uint8Array): Readonly<Record<string, Uint8Array | string>> => ({ MLmodel: mlmodel(), 'model.onnx': model });

/** Full trees of some depth, which look at eight features. */
export function forest(trees: number, depth: number): Uint8Array {
  const graph = new GraphBuilder({ name: 'forest' });
  const x = concat(
    graph,
    Array.from({ length: 8 }, (_, at) => graph.input(`x${at}`, 'float')),
  );
  const [nodes, leaves] = [2 ** (depth + 1) - 1, 2 ** depth];
  const isLeaf = (node: number): boolean => node >= leaves - 1;
  const all = <T>(make: (node: number, tree: number) => T): T[] =>
    Array.from({ length: trees * nodes }, (_, at) => make(at % nodes, Math.floor(at / nodes)));
  const starts = [0];
  for (const leaf of all((node) => Number(isLeaf(node)))) starts.push((starts.at(-1) as number) + leaf);
  const value = treeRegressor(graph, x, {
    precision: 'float',
    roots: Int32Array.from({ length: trees }, (_, tree) => tree * nodes),
    features: Int32Array.from(all((node, tree) => (isLeaf(node) ? -1 : (node * 7 + tree) % 8))),
    modes: new Uint8Array(trees * nodes),
    thresholds: Float64Array.from(all((node, tree) => ((node * 31 + tree * 17) % 100) / 100)),
    no: Int32Array.from(all((node, tree) => (isLeaf(node) ? 0 : tree * nodes + 2 * node + 1))),
    yes: Int32Array.from(all((node, tree) => (isLeaf(node) ? 0 : tree * nodes + 2 * node + 2))),
    missingYes: new Uint8Array(trees * nodes),
    covers: undefined,
    weightStarts: Int32Array.from(starts),
    weightTargets: new Int32Array(trees * leaves),
    weights: Float64Array.from({ length: trees * leaves }, (_, leaf) => (leaf % 13) / 13),
    targets: 1,
    baseValues: new Float64Array(0),
    aggregate: 'SUM',
    postTransform: 'NONE',
    classes: undefined,
    width: 8,
  });
  graph.output('value', value);
  return writeModel(graph.build());
}
