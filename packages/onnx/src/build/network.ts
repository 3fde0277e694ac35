import { AppError } from '@mlab/kernel/errors';
import { int } from '#/build/attribute.ts';
import type { Flow, GraphBuilder } from '#/build/graph-builder.ts';
import type { Classified } from '#/build/linear.ts';

export type Activation = 'Relu' | 'Sigmoid' | 'Tanh' | 'Softmax' | 'None';

/** A layer of a network: a row of `outputs` weights for each input, one row after another, and a bias for each output. */
export interface DenseLayer {
  readonly weights: ArrayLike<number>;
  readonly biases: ArrayLike<number>;
  readonly activation: Activation;
}

/** A multilayer perceptron by Gemm and activations; what the last layer gives. */
export function network(graph: GraphBuilder, x: Flow, layers: readonly DenseLayer[]): Flow {
  return layers.reduce((flow, layer) => dense(graph, flow, layer), x);
}

function dense(graph: GraphBuilder, x: Flow, { weights, biases, activation }: DenseLayer): Flow {
  const inputs = x.dims[0] ?? 0;
  const outputs = biases.length;
  if (outputs === 0 || weights.length !== inputs * outputs) {
    throw new AppError('invalid', `A layer has ${weights.length} weights for ${inputs} inputs and ${outputs} outputs.`);
  }
  const w = graph.constant('float', [inputs, outputs], { kind: 'floats', values: Float32Array.from(weights) });
  const b = graph.constant('float', [outputs], { kind: 'floats', values: Float32Array.from(biases) });
  const result = { type: 'float' as const, dims: [outputs] };
  const [sums] = graph.node('Gemm', [x, w, b], [result]);
  if (activation === 'None') return sums as Flow;
  const attributes = activation === 'Softmax' ? { axis: int(-1) } : {};
  return graph.node(activation, [sums as Flow], [result], { attributes })[0] as Flow;
}

/** The class of the greatest of a network's last values; a single one (of a Sigmoid) is the probability of the second of two classes. */
export function networkClassifier(
  graph: GraphBuilder,
  x: Flow,
  { layers, classes }: { readonly layers: readonly DenseLayer[]; readonly classes: readonly string[] | readonly number[] },
): Classified {
  const last = network(graph, x, layers);
  const probabilities = last.dims[0] === 1 ? withOther(graph, last) : last;
  if (classes.length !== probabilities.dims[0] || classes.length < 2) {
    throw new AppError('invalid', `A network gives ${probabilities.dims[0]} probabilities for ${classes.length} classes.`);
  }
  graph.classes(classes);
  const [index] = graph.node('ArgMax', [probabilities], [{ type: 'int64', dims: [] }], { attributes: { axis: int(1), keepdims: int(0) } });
  const type = typeof classes[0] === 'string' ? 'string' : 'int64';
  const list = graph.constant(
    type,
    [classes.length],
    type === 'string'
      ? { kind: 'strings', values: classes as readonly string[] }
      : { kind: 'int64s', values: BigInt64Array.from((classes as readonly number[]).map(BigInt)) },
  );
  const [label] = graph.node('Gather', [list, index as Flow], [{ type, dims: [] }], { attributes: { axis: int(0) } });
  return { label: label as Flow, probabilities };
}

function withOther(graph: GraphBuilder, probability: Flow): Flow {
  const one = graph.constant('float', [1], { kind: 'floats', values: Float32Array.of(1) });
  const [other] = graph.node('Sub', [one, probability], [{ type: 'float', dims: [1] }]);
  return graph.node('Concat', [other as Flow, probability], [{ type: 'float', dims: [2] }], { attributes: { axis: int(1) } })[0] as Flow;
}
