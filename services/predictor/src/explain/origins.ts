import { valuesOf, type Model, type Tensor } from '@mlab/onnx';

/** Of each column of a value, the fields that it is made of, by their places. */
export type Origins = readonly (readonly number[])[];

type Node = Model['graph']['nodes'][number];

/** What keeps columns where they are, alone or several values column by column. */
const PLAIN: ReadonlySet<string> = new Set(
  (
    'Abs Add And Binarizer Cast Ceil Clip Div Equal Exp Flatten Floor Greater GreaterOrEqual Identity Imputer IsInf IsNaN LabelEncoder ' +
    'Less LessOrEqual Log Max Min Mod Mul Neg Not Or Pow Reciprocal Relu Reshape Round Scaler Sigmoid Sign Sqrt Sub Tanh Where'
  ).split(' '),
);

/**
 * Follows the columns of a value of the graph back to the fields of a row. `undefined` where something on the way mixes columns in a way
 * that is not known here.
 */
export function originsOf({ graph }: Model, value: string, ofInputs: ReadonlyMap<string, Origins>): Origins | undefined {
  const constants = new Map<string, Tensor>(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const known = new Map<string, Origins | undefined>(ofInputs);
  const trace = (name: string, depth: number): Origins | undefined => {
    if (known.has(name)) return known.get(name);
    const maker = makers.get(name);
    const origins = maker === undefined || depth > MOST_NODES ? undefined : through(maker, constants, (input) => trace(input, depth + 1));
    known.set(name, origins);
    return origins;
  };
  return trace(value, 0);
}

/** A way through a graph that is longer is not followed. */
const MOST_NODES = 2000;

function through(node: Node, constants: ReadonlyMap<string, Tensor>, trace: (input: string) => Origins | undefined): Origins | undefined {
  const varying = node.inputs.filter((input) => input !== '' && !constants.has(input));
  const parts = varying.map(trace);
  if (parts.length === 0 || parts.some((part) => part === undefined)) return undefined;
  const given = parts as Origins[];
  const [first = []] = given;
  const { operator } = node;
  if (operator === 'Concat' || operator === 'FeatureVectorizer') return varying.length === node.inputs.length ? given.flat() : undefined;
  if (operator === 'OneHotEncoder') return first.flatMap((column) => Array.from({ length: categoriesOf(node) }, () => column));
  if (operator === 'Gather' || operator === 'ArrayFeatureExtractor') return picked(first, constants.get(node.inputs[1] ?? ''));
  if (operator === 'Normalizer') return first.map(() => unionOf(first));
  return PLAIN.has(operator) ? columnByColumn(given, node, constants) : undefined;
}

function columnByColumn(given: readonly Origins[], node: Node, constants: ReadonlyMap<string, Tensor>): Origins | undefined {
  // A constant of more columns stretches a value of one over all of them.
  const isStretched = node.operator !== 'Reshape';
  const widths = node.inputs.map((input) => (isStretched ? (constants.get(input)?.dims.at(-1) ?? 1) : 1));
  const width = Math.max(...widths, ...given.map(({ length }) => length));
  if (given.some(({ length }) => length !== 1 && length !== width)) return undefined;
  return Array.from({ length: width }, (_, at) => unionOf(given.map((part) => part[part.length === 1 ? 0 : at] ?? [])));
}

const unionOf = (columns: readonly (readonly number[])[]): readonly number[] =>
  columns.length === 1 ? (columns[0] as readonly number[]) : [...new Set(columns.flat())];

function categoriesOf({ attributes }: Node): number {
  const lists = [attributes.get('cats_strings'), attributes.get('cats_int64s')];
  return Math.max(...lists.map((list) => (list?.kind === 'strings' || list?.kind === 'ints' ? list.value.length : 0)));
}

function picked(columns: Origins, indices: Tensor | undefined): Origins | undefined {
  if (indices === undefined) return undefined;
  const found = Array.from(valuesOf(indices) as ArrayLike<number | bigint>, (index) => columns.at(Number(index)));
  return found.every((column) => column !== undefined) ? found : undefined;
}
