import {
  cast,
  combine,
  concat,
  imputer,
  labelEncoder,
  oneHotEncoder,
  pickColumns,
  real,
  scaler,
  transform,
  type Flow,
  type GraphBuilder,
} from '@mlab/onnx';
import { ofNodes } from '#/preparing/arithmetic.ts';
import { calendar } from '#/preparing/calendar.ts';
import { DATE_PARTS, type DatePart } from '#/preparing/plan.ts';
import { stageOf, type CategoryFeature, type NumberFeature, type PreparingState } from '#/preparing/state.ts';
import { symmetricLog, yeoJohnson } from '#/preparing/transforms.ts';

/** Adds the inputs, and the nodes that make features of them: all numbers side by side in a few nodes, however many columns there are. */
export function writePreparing(graph: GraphBuilder, { form, inputs, numbers, categories }: PreparingState): Flow[] {
  const flows = inputs.map(({ name, type }) => graph.input(name, type));
  const at = (input: number): Flow => flows[input] as Flow;
  return [
    ...(numbers.length > 0 ? writeNumbers(graph, numbers, at) : []),
    ...categories.flatMap((feature) => writeCategory(graph, at(feature.input), { feature, form })),
  ];
}

type At = (input: number) => Flow;

function writeNumbers(graph: GraphBuilder, numbers: readonly NumberFeature[], at: At): Flow[] {
  const stages = [0, 1, 2, 3, 4].map((stage) => numbers.filter((feature) => stageOf(feature) === stage));
  const parts = stages.map((features, stage) => (features.length === 0 ? [] : [STAGES[stage]?.(graph, features, at) as Flow])).flat();
  const raw = concat(graph, parts);
  const marked = numbers.flatMap(({ indicator }, index) => (indicator ? [index] : []));
  const indicators =
    marked.length === 0
      ? []
      : [cast(graph, transform(graph, 'IsNaN', marked.length === numbers.length ? raw : pickColumns(graph, raw, marked)), 'float')];
  let x = raw;
  const row = (values: readonly number[]): Flow => real(graph, 'float', values);
  if (numbers.some(({ low }) => low !== null)) x = combine(graph, 'Max', x, row(numbers.map(({ low }) => low ?? Number.NEGATIVE_INFINITY)));
  if (numbers.some(({ high }) => high !== null))
    x = combine(graph, 'Min', x, row(numbers.map(({ high }) => high ?? Number.POSITIVE_INFINITY)));
  if (numbers.some(({ fill }) => fill !== null)) x = imputer(graph, x, { values: numbers.map(({ fill }) => fill ?? Number.NaN) });
  if (numbers.some(({ offset, scale }) => offset !== 0 || scale !== 1)) {
    x = scaler(graph, x, { offset: numbers.map(({ offset }) => offset), scale: numbers.map(({ scale }) => scale) });
  }
  return [x, ...indicators];
}

type Stage = (graph: GraphBuilder, features: readonly NumberFeature[], at: At) => Flow;

const sideBySide: Stage = (graph, features, at) =>
  concat(
    graph,
    features.map(({ input }) => at(input)),
  );

const places: Stage = (graph, features, at) =>
  concat(
    graph,
    features.map(({ input, words = [] }) => {
      const encoding = { keys: words, values: words.map((_, place) => place), fallback: Number.NaN };
      return labelEncoder(graph, at(input), encoding, 'float');
    }),
  );

/** Parts of all times at once, of which those are picked that are features. */
const dates: Stage = (graph, features, at) => {
  const times = [...new Set(features.map(({ input }) => input))];
  const parts = DATE_PARTS.filter((part) => features.some(({ source }) => source === part));
  const made = calendar(ofNodes(graph))(concat(graph, times.map(at)), parts);
  const all = cast(graph, concat(graph, made), 'float');
  const columns = features.map(({ input, source }) => parts.indexOf(source as DatePart) * times.length + times.indexOf(input));
  return columns.length === parts.length * times.length && columns.every((column, index) => column === index)
    ? all
    : pickColumns(graph, all, columns);
};

const logs: Stage = (graph, features, at) =>
  cast(graph, symmetricLog(ofNodes(graph), cast(graph, sideBySide(graph, features, at), 'double')), 'float');

const powers: Stage = (graph, features, at) => {
  const lambdas = features.map((feature) => feature.lambda ?? 1);
  const exponents = [
    real(graph, 'double', lambdas),
    real(
      graph,
      'double',
      lambdas.map((lambda) => 2 - lambda),
    ),
  ] as const;
  return cast(graph, yeoJohnson(ofNodes(graph), cast(graph, sideBySide(graph, features, at), 'double'), exponents), 'float');
};

/** By `stageOf`. */
const STAGES: readonly Stage[] = [sideBySide, places, dates, logs, powers];

function writeCategory(graph: GraphBuilder, x: Flow, { feature, form }: { feature: CategoryFeature; form: 'dense' | 'columns' }): Flow[] {
  const { words, categories, other, missing, indicator } = feature;
  const isPlain = other < 0 && missing < 0;
  const indicators = indicator ? [oneHotEncoder(graph, x, [''])] : [];
  const keys = [...words, ''];
  if (form === 'columns') {
    if (isPlain) return [x, ...indicators];
    // The empty word is no category.
    const values = [...words, categories[missing] ?? ''];
    return [labelEncoder(graph, x, { keys, values, fallback: categories[other] ?? '' }), ...indicators];
  }
  if (isPlain) return [oneHotEncoder(graph, x, words), ...indicators];
  const values = [...words.map((_, category) => category), missing];
  const codes = labelEncoder(graph, x, { keys, values, fallback: other });
  return [
    oneHotEncoder(
      graph,
      codes,
      categories.map((_, category) => category),
    ),
    ...indicators,
  ];
}
