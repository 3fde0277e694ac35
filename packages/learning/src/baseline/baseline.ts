import { cast, labelEncoder, linearClassifier, linearRegressor, type Flow, type GraphBuilder } from '@mlab/onnx';
import { AppError } from '@mlab/kernel/errors';
import { Type, type Static } from '@mlab/schema';
import { weightsOf } from '#/arrays/weights.ts';
import { classesOf } from '#/linear/logistic.ts';
import type { TrainingSet } from '#/matrix.ts';
import { paramsOf } from '#/params.ts';
import type { Task } from '#/task.ts';
import type { Trainer } from '#/trainer.ts';

const STRATEGIES = ['auto', 'prior', 'most_frequent', 'mean', 'median'] as const;

const params = Type.Object(
  {
    strategy: Type.Unsafe<(typeof STRATEGIES)[number]>({
      type: 'string',
      enum: STRATEGIES,
      default: 'auto',
      description: 'Of classes prior (how often each is) or most_frequent, of values mean or median; auto: prior or mean',
    }),
  },
  { title: 'BaselineParams' },
);

/** What can be said without looking at any feature. A model that is not better has learnt nothing. */
export const baseline: Trainer<Static<typeof params>> = {
  name: 'baseline',
  title: 'Baseline',
  tasks: ['binary', 'multiclass', 'regression'],
  params: paramsOf(params),
  space: {},
  input: 'columns',
  parallel: false,
  train(set, task, { strategy }) {
    const answer = task.kind === 'regression' ? [valueOf(set, strategy)] : probabilitiesOf(set, task, strategy);
    const answers = Float32Array.from(answer);
    return {
      iterations: 1,
      predict({ rows }) {
        const result = new Float64Array(rows * answers.length);
        for (let row = 0; row < rows; row++) result.set(answers, row * answers.length);
        return result;
      },
      write(graph, features) {
        const nothing = zeros(graph, features);
        const coefficients = new Float32Array((nothing.dims[0] ?? 1) * answers.length);
        const weights = { coefficients, intercepts: answers };
        if (task.kind === 'regression') return { value: linearRegressor(graph, nothing, weights) };
        return linearClassifier(graph, nothing, { ...weights, classes: classesOf(task), postTransform: 'NONE' });
      },
      importance: () => undefined,
    };
  },
};

/** A number for each row that is 0 or 1 whatever the features are, also where they are missing or infinite. */
function zeros(graph: GraphBuilder, [first]: readonly Flow[]): Flow {
  if (first === undefined) throw new Error('There are no features.');
  if (first.type === 'string') return labelEncoder(graph, first, { keys: [''], values: [0], fallback: 0 }, 'float');
  const [isMissing] = graph.node('IsNaN', [first], [{ type: 'bool', dims: first.dims }]);
  return cast(graph, isMissing as Flow, 'float');
}

function probabilitiesOf(set: TrainingSet, task: Task, strategy: string): Float64Array {
  if (strategy === 'mean' || strategy === 'median')
    throw new AppError('invalid', `baseline.strategy is ${strategy}, which is for values; classes have prior or most_frequent.`);
  const weights = weightsOf(set);
  const shares = new Float64Array(classesOf(task).length);
  let whole = 0;
  for (let row = 0; row < weights.length; row++) {
    const index = set.target[row] as number;
    shares[index] = (shares[index] as number) + (weights[row] as number);
    whole += weights[row] as number;
  }
  if (strategy === 'most_frequent') {
    const most = shares.indexOf(Math.max(...shares));
    return shares.map((_, index) => Number(index === most));
  }
  return shares.map((share) => share / whole);
}

function valueOf(set: TrainingSet, strategy: string): number {
  if (strategy === 'prior' || strategy === 'most_frequent')
    throw new AppError('invalid', `baseline.strategy is ${strategy}, which is for classes; values have mean or median.`);
  const weights = weightsOf(set);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  if (strategy !== 'median') return weights.reduce((sum, weight, row) => sum + (weight / whole) * (set.target[row] as number), 0);
  // Half of the weight lies on either side; between two values, in the middle.
  const order = Int32Array.from(weights, (_, row) => row).toSorted((a, b) => (set.target[a] as number) - (set.target[b] as number));
  let below = 0;
  for (let at = 0; at < order.length; at++) {
    const row = order[at] as number;
    below += weights[row] as number;
    if (below * 2 > whole) return set.target[row] as number;
    if (below * 2 === whole) {
      const next = order.subarray(at + 1).find((other) => (weights[other] as number) > 0) ?? row;
      return ((set.target[row] as number) + (set.target[next] as number)) / 2;
    }
  }
  return set.target[order.at(-1) as number] as number;
}
