import { AppError } from '@mlab/kernel/errors';
import { floats, int, labels, string } from '#/build/attribute.ts';
import type { Flow, GraphBuilder } from '#/build/graph-builder.ts';

/** What a classifier of the graph gives: a label for each row, and a probability for each class. */
export interface Classified {
  readonly label: Flow;
  readonly probabilities: Flow;
}

export interface LinearWeights {
  /** Row after row: one row of a coefficient for each column, for each score. */
  readonly coefficients: ArrayLike<number>;
  readonly intercepts: ArrayLike<number>;
}

/** x · coefficientsᵀ + intercepts. */
export function linearRegressor(graph: GraphBuilder, x: Flow, weights: LinearWeights): Flow {
  const targets = checked(x, weights);
  const attributes = { coefficients: floats(weights.coefficients), intercepts: floats(weights.intercepts), targets: int(targets) };
  return graph.node('LinearRegressor', [x], [{ type: 'float', dims: [targets] }], { domain: 'ai.onnx.ml', attributes })[0] as Flow;
}

/**
 * The class of the greatest score. Two classes may have the weights of a single score, which is that of the second: ONNX Runtime would not
 * apply LOGISTIC to it, so the first class gets the same with other signs.
 */
export function linearClassifier(
  graph: GraphBuilder,
  x: Flow,
  weights: LinearWeights & {
    readonly classes: readonly string[] | readonly number[];
    readonly postTransform: 'NONE' | 'LOGISTIC' | 'SOFTMAX';
  },
): Classified {
  const { classes } = weights;
  const isSingle = classes.length === 2 && weights.intercepts.length === 1;
  const mirrored = (values: ArrayLike<number>): number[] => [...Array.from(values, (value) => -value), ...Array.from(values)];
  const coefficients = isSingle ? mirrored(weights.coefficients) : weights.coefficients;
  const intercepts = isSingle ? mirrored(weights.intercepts) : weights.intercepts;
  const scores = checked(x, { coefficients, intercepts });
  if (scores !== classes.length) throw new AppError('invalid', `A classifier has ${scores} scores for ${classes.length} classes.`);
  graph.classes(classes);
  const [label, probabilities] = graph.node(
    'LinearClassifier',
    [x],
    [
      { type: typeof classes[0] === 'string' ? 'string' : 'int64', dims: [] },
      { type: 'float', dims: [scores] },
    ],
    {
      domain: 'ai.onnx.ml',
      attributes: {
        coefficients: floats(coefficients),
        intercepts: floats(intercepts),
        multi_class: int(weights.postTransform === 'SOFTMAX' ? 1 : 0),
        post_transform: string(weights.postTransform),
        ...labels(classes, ['classlabels_strings', 'classlabels_ints']),
      },
    },
  );
  return { label: label as Flow, probabilities: probabilities as Flow };
}

function checked(x: Flow, { coefficients, intercepts }: LinearWeights): number {
  const columns = x.dims[0] ?? 0;
  if (intercepts.length === 0 || coefficients.length !== columns * intercepts.length) {
    throw new AppError('invalid', `There are ${coefficients.length} coefficients for ${columns} columns and ${intercepts.length} scores.`);
  }
  return intercepts.length;
}
