import { describe, test } from 'node:test';
import { GraphBuilder, writeModel, type Column, type Columns, type Flow, type FlowType } from '#/index.ts';
import { floats, int, ints, string, strings } from '#/build/attribute.ts';
import { compareWithReference } from './compare-with-reference.ts';
import { Random } from './random.ts';

const ROWS = 30;
const REALS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  1,
  -1,
  0.5,
  2.5,
  -2.5,
  1e-40,
  3e9,
  -3e9,
  1e20,
  123456.789,
  1e-5,
];
const WORDS = ['a', 'b', '', 'NaN', 'é'];

function column(random: Random, type: FlowType, count: number, tame: boolean): Column {
  if (type === 'string') return random.list(count, () => random.pick(WORDS));
  if (type === 'bool') return random.list(count, () => random.chance(0.5));
  if (type === 'int64' || type === 'int32') return random.list(count, () => random.int(9) - 4);
  return random.list(count, () => (!tame && random.chance(0.3) ? random.pick(REALS) : Math.fround(random.normal() * 2)));
}

interface Case {
  readonly inputs: Readonly<Record<string, FlowType | readonly [FlowType, number]>>;
  readonly make: (graph: GraphBuilder, flows: Readonly<Record<string, Flow>>) => Flow | undefined;
  /** No NaN, no infinities. */
  readonly tame?: boolean;
  /** Versions of domains other than those that are written. */
  readonly opsets?: readonly (readonly [string, number])[];
}

const ml = 'ai.onnx.ml' as const;

/** A node of one output. */
function one(
  graph: GraphBuilder,
  operator: string,
  inputs: readonly (Flow | undefined)[],
  output: Omit<Flow, 'name'>,
  more: object = {},
): Flow | undefined {
  return graph.node(operator, inputs as Flow[], [output], more)[0];
}

const scalar = (graph: GraphBuilder, value: number): Flow =>
  graph.constant('float', [], { kind: 'floats', values: Float32Array.of(value) });
const row = (graph: GraphBuilder, values: readonly number[], dims: readonly number[] = [values.length]): Flow =>
  graph.constant('float', dims, { kind: 'floats', values: Float32Array.from(values) });
const list = (graph: GraphBuilder, values: readonly number[]): Flow =>
  graph.constant('int64', [values.length], { kind: 'int64s', values: BigInt64Array.from(values.map(BigInt)) });

const CASES: Record<string, Case> = {};

const withNaN: Case = {
  inputs: { x: 'float' },
  make: (graph, { x }) =>
    one(
      graph,
      'LabelEncoder',
      [x],
      { type: 'string', dims: [1] },
      {
        domain: ml,
        attributes: {
          keys_floats: floats([Number.NaN, 0, 2.5, 1]),
          values_strings: strings(['nan', 'zero', 'half', 'one']),
          default_string: string('?'),
        },
      },
    ),
};
CASES['LabelEncoder of float, where NaN is a key and means nothing'] = withNaN;
CASES['LabelEncoder of float, where NaN is a key since version 4'] = { ...withNaN, opsets: [[ml, 4]] };

for (const operator of ['Abs', 'Neg', 'Sqrt', 'Exp', 'Log', 'Reciprocal', 'Relu', 'Sigmoid', 'Tanh', 'LeakyRelu']) {
  CASES[operator] = { inputs: { x: ['float', 3] }, make: (graph, { x }) => one(graph, operator, [x], { type: 'float', dims: [3] }) };
}
for (const type of ['float', 'double'] as const) {
  for (const operator of ['Add', 'Sub', 'Mul', 'Div', 'Pow']) {
    CASES[`${operator} of ${type}`] = {
      inputs: { x: [type, 3], y: [type, 3] },
      make: (graph, { x, y }) => one(graph, operator, [x, y], { type, dims: [3] }),
    };
  }
  for (const operator of ['Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Equal']) {
    CASES[`${operator} of ${type}`] = {
      inputs: { x: [type, 2], y: [type, 2] },
      make: (graph, { x, y }) => one(graph, operator, [x, y], { type: 'bool', dims: [2] }),
    };
  }
  for (const operator of ['Max', 'Min']) {
    CASES[`${operator} of ${type}, where NaN wins`] = {
      inputs: { x: [type, 3], y: [type, 3] },
      make: (graph, { x, y }) => one(graph, operator, [x, y, one(graph, 'Neg', [x], { type, dims: [3] })], { type, dims: [3] }),
    };
  }
  for (const operator of ['Floor', 'Ceil']) {
    CASES[`${operator} of ${type}`] = { inputs: { x: [type, 3] }, make: (graph, { x }) => one(graph, operator, [x], { type, dims: [3] }) };
  }
  CASES[`IsNaN of ${type}`] = { inputs: { x: [type, 2] }, make: (graph, { x }) => one(graph, 'IsNaN', [x], { type: 'bool', dims: [2] }) };
  CASES[`Softmax of ${type}`] = {
    inputs: { x: [type, 4] },
    tame: true,
    make: (graph, { x }) => one(graph, 'Softmax', [x], { type, dims: [4] }, { attributes: { axis: int(1) } }),
  };
  for (const operator of ['ReduceSum', 'ReduceMean']) {
    CASES[`${operator} of ${type}`] = {
      inputs: { x: [type, 4] },
      tame: true,
      opsets: operator === 'ReduceMean' ? [['', 18]] : [],
      make: (graph, { x }) => one(graph, operator, [x, list(graph, [1])], { type, dims: [] }, { attributes: { keepdims: int(0) } }),
    };
  }
}
CASES['Equal of int64'] = {
  inputs: { x: 'int64', y: 'int64' },
  make: (graph, { x, y }) => one(graph, 'Equal', [x, y], { type: 'bool', dims: [1] }),
};
CASES['a scalar, a row and a column stretch'] = {
  inputs: { x: ['float', 3], y: 'float' },
  make(graph, { x, y }) {
    const sum = one(graph, 'Add', [x, y], { type: 'float', dims: [3] });
    const product = one(graph, 'Mul', [sum, row(graph, [1, -2, 0.5])], { type: 'float', dims: [3] });
    const less = one(graph, 'Sub', [scalar(graph, 1), product], { type: 'float', dims: [3] });
    return one(graph, 'Sum', [less, row(graph, [3, 2, 1], [1, 3]), x], { type: 'float', dims: [3] });
  },
};
CASES['And, Or, Xor, Not and Where'] = {
  inputs: { a: ['bool', 2], b: 'bool', x: ['float', 2] },
  make(graph, { a, b, x }) {
    const bool = { type: 'bool' as const, dims: [2] };
    const both = one(graph, 'And', [a, b], bool);
    const any = one(graph, 'Or', [one(graph, 'Not', [a], bool), b], bool);
    return one(graph, 'Where', [one(graph, 'Xor', [both, any], bool), x, scalar(graph, 7)], { type: 'float', dims: [2] });
  },
};
CASES['ArgMax of equals, with its dimension kept'] = {
  inputs: { x: ['float', 4] },
  make: (graph, { x }) =>
    one(
      graph,
      'ArgMax',
      [one(graph, 'Relu', [x], { type: 'float', dims: [4] })],
      { type: 'int64', dims: [1] },
      { attributes: { axis: int(-1) } },
    ),
  tame: true,
};
CASES['MatMul'] = {
  inputs: { x: ['float', 3] },
  tame: true,
  make: (graph, { x }) => one(graph, 'MatMul', [x, row(graph, [1, 2, 3, -1, 0.5, 0.25], [3, 2])], { type: 'float', dims: [2] }),
};
CASES['Gemm with everything'] = {
  inputs: { x: ['float', 3] },
  tame: true,
  make: (graph, { x }) =>
    one(
      graph,
      'Gemm',
      [x, row(graph, [1, 2, 3, -1, 0.5, 0.25], [2, 3]), row(graph, [5, -5], [1, 2])],
      { type: 'float', dims: [2] },
      {
        attributes: { transB: int(1), alpha: { kind: 'float', value: 0.5 }, beta: { kind: 'float', value: -2 } },
      },
    ),
};
CASES['Gather of columns, and Concat'] = {
  inputs: { x: ['float', 3], y: ['float', 2] },
  make(graph, { x, y }) {
    const picked = one(graph, 'Gather', [x, list(graph, [2, 0, -1])], { type: 'float', dims: [3] }, { attributes: { axis: int(1) } });
    return one(graph, 'Concat', [picked, y, x], { type: 'float', dims: [8] }, { attributes: { axis: int(-1) } });
  },
};
CASES['ArrayFeatureExtractor of columns of strings'] = {
  inputs: { x: ['string', 3] },
  make: (graph, { x }) => one(graph, 'ArrayFeatureExtractor', [x, list(graph, [1, 1, 2])], { type: 'string', dims: [3] }, { domain: ml }),
};
CASES['labels looked up as [1, rows] and brought back'] = {
  inputs: { x: ['float', 3] },
  tame: true,
  make(graph, { x }) {
    const index = one(graph, 'ArgMax', [x], { type: 'int64', dims: [1] }, { attributes: { axis: int(1) } });
    const found = one(graph, 'ArrayFeatureExtractor', [list(graph, [7, -8, 9]), index], { type: 'int64', dims: [] }, { domain: ml });
    const real = one(graph, 'Cast', [found], { type: 'float', dims: [] }, { attributes: { to: int(1) } });
    return one(graph, 'Reshape', [real, list(graph, [-1, 1])], { type: 'float', dims: [1] });
  },
};
CASES['Reshape, Unsqueeze, Squeeze and Flatten'] = {
  inputs: { x: ['float', 4] },
  make(graph, { x }) {
    const square = one(graph, 'Reshape', [x, list(graph, [-1, 2, 2])], { type: 'float', dims: [2, 2] });
    const more = one(graph, 'Unsqueeze', [square, list(graph, [1, 4])], { type: 'float', dims: [1, 2, 2, 1] });
    const less = one(graph, 'Squeeze', [more, list(graph, [-1])], { type: 'float', dims: [1, 2, 2] });
    const same = one(graph, 'Reshape', [less, list(graph, [0, -1])], { type: 'float', dims: [4] });
    return one(graph, 'Flatten', [same], { type: 'float', dims: [4] });
  },
};
CASES['FeatureVectorizer'] = {
  inputs: { x: ['int64', 2], y: ['int64', 1] },
  make: (graph, { x, y }) =>
    one(graph, 'FeatureVectorizer', [x, y], { type: 'float', dims: [3] }, { domain: ml, attributes: { inputdimensions: ints([2, 1]) } }),
};
for (const type of ['int64', 'float', 'double'] as const) {
  CASES[`OneHotEncoder of ${type}`] = {
    inputs: { x: [type, 2] },
    make: (graph, { x }) =>
      one(
        graph,
        'OneHotEncoder',
        [x],
        { type: 'float', dims: [2, 4] },
        { domain: ml, attributes: { cats_int64s: ints([0, 1, -2, 1]), zeros: int(1) } },
      ),
  };
}
CASES['LabelEncoder of strings, by its first version'] = {
  inputs: { x: 'string' },
  opsets: [[ml, 1]],
  make: (graph, { x }) =>
    one(
      graph,
      'LabelEncoder',
      [x],
      { type: 'int64', dims: [1] },
      { domain: ml, attributes: { classes_strings: strings(['b', '', 'a']), default_int64: int(-9) } },
    ),
};
CASES['LabelEncoder without defaults'] = {
  inputs: { x: 'int64' },
  make: (graph, { x }) =>
    one(
      graph,
      'LabelEncoder',
      [x],
      { type: 'float', dims: [1] },
      { domain: ml, attributes: { keys_int64s: ints([1, 2]), values_floats: floats([0.5, 7]) } },
    ),
};

for (const transform of ['NONE', 'LOGISTIC', 'SOFTMAX']) {
  CASES[`LinearClassifier of a single score, ${transform}`] = {
    inputs: { x: ['float', 2] },
    tame: true,
    make(graph, { x }) {
      const attributes = {
        coefficients: floats([1.5, -2]),
        intercepts: floats([0.25]),
        classlabels_strings: strings(['no', 'yes']),
        post_transform: string(transform),
      };
      const [label, scores] = graph.node(
        'LinearClassifier',
        [x as Flow],
        [
          { type: 'string', dims: [] },
          { type: 'float', dims: [2] },
        ],
        { domain: ml, attributes },
      );
      graph.output('label', label as Flow);
      return scores;
    },
  };
}
for (const [what, ids] of Object.entries({ 'counted from 0': [0, 1, 2, 3, 4], 'in no order': [2, 4, 0, 3, 1] })) {
  CASES[`leaves with several weights or none, their nodes ${what}`] = {
    inputs: { x: ['float', 2] },
    make: (graph, { x }) =>
      one(
        graph,
        'TreeEnsembleRegressor',
        [x],
        { type: 'float', dims: [1] },
        {
          domain: ml,
          attributes: {
            n_targets: int(1),
            nodes_treeids: ints([0, 0, 0, 0, 0]),
            nodes_nodeids: ints(ids),
            nodes_featureids: ints([0, 1, 0, 0, 0]),
            nodes_modes: strings(['BRANCH_LEQ', 'BRANCH_GT', 'LEAF', 'LEAF', 'LEAF']),
            nodes_values: floats([0.5, -0.5, 7, 8, 9]),
            nodes_truenodeids: ints([ids[1] ?? 0, ids[3] ?? 0, 0, 0, 0]),
            nodes_falsenodeids: ints([ids[2] ?? 0, ids[4] ?? 0, 0, 0, 0]),
            target_treeids: ints([0, 0, 0]),
            target_nodeids: ints([ids[3] ?? 0, ids[2] ?? 0, ids[3] ?? 0]),
            target_ids: ints([0, 0, 0]),
            target_weights: floats([1, 2, 4]),
          },
        },
      ),
  };
}

const TYPES: readonly (readonly [FlowType, number])[] = [
  ['float', 1],
  ['double', 11],
  ['int64', 7],
  ['int32', 6],
  ['bool', 9],
  ['string', 8],
];
for (const [from] of TYPES) {
  for (const [to, number] of TYPES) {
    if (from === 'string' || (from === 'bool' && to === 'string')) continue;
    CASES[`Cast from ${from} to ${to}`] = {
      inputs: { x: [from, 2] },
      make: (graph, { x }) => one(graph, 'Cast', [x], { type: to, dims: [2] }, { attributes: { to: int(number) } }),
    };
  }
}

describe('operators answer as ONNX Runtime does', () => {
  for (const [name, { inputs, make, tame = false, opsets = [] }] of Object.entries(CASES)) {
    test(name, async () => {
      const random = new Random(name.length);
      const graph = new GraphBuilder();
      const flows: Record<string, Flow> = {};
      const columns: Record<string, Column> = {};
      for (const [input, given] of Object.entries(inputs)) {
        const [type, width] = typeof given === 'string' ? ([given, 1] as const) : given;
        flows[input] = graph.input(input, type, width);
        columns[input] = column(random, type, ROWS * width, tame);
      }
      graph.output('result', make(graph, flows) as Flow);
      const model = graph.build();
      const bytes = writeModel({ ...model, opsets: new Map([...model.opsets, ...opsets]) });
      await compareWithReference(bytes, columns satisfies Columns, ROWS, name);
    });
  }
});
