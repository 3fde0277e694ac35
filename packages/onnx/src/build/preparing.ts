import { AppError } from '@mlab/kernel/errors';
import { elementTypeNumber } from '#/model/element-type.ts';
import { float, floats, int, ints, labels, string, strings } from '#/build/attribute.ts';
import type { Flow, FlowType, GraphBuilder } from '#/build/graph-builder.ts';

/* Layers that make features of columns. Each returns the value that it makes. */

const only = ([flow]: readonly Flow[]): Flow => flow as Flow;
const columnsOf = ({ dims }: Flow): number => dims[0] ?? 1;
const ml = 'ai.onnx.ml';

/** Puts `values` (one, or one for each column) in the place of `replaced`, which is NaN unless said otherwise. Of float or int64. */
export function imputer(graph: GraphBuilder, x: Flow, { values, replaced }: { values: ArrayLike<number>; replaced?: number }): Flow {
  perColumn('values to impute', values, x);
  const attributes =
    x.type === 'int64'
      ? { imputed_value_int64s: ints(values), replaced_value_int64: int(replaced ?? 0) }
      : { imputed_value_floats: floats(values), replaced_value_float: float(replaced ?? Number.NaN) };
  return only(graph.node('Imputer', [x], [x].map(unnamed), { domain: ml, attributes }));
}

/** (x − offset) · scale, each one or one for each column. */
export function scaler(graph: GraphBuilder, x: Flow, { offset, scale }: { offset: ArrayLike<number>; scale: ArrayLike<number> }): Flow {
  perColumn('offsets', offset, x);
  perColumn('scales', scale, x);
  if (offset.length !== scale.length) throw new AppError('invalid', `A scaler has ${offset.length} offsets and ${scale.length} scales.`);
  const attributes = { offset: floats(offset), scale: floats(scale) };
  return only(graph.node('Scaler', [x], [{ type: 'float', dims: x.dims }], { domain: ml, attributes }));
}

/** Divides a row by its maximum, by the sum of its amounts (L1), or by its length (L2). */
export const normalizer = (graph: GraphBuilder, x: Flow, norm: 'MAX' | 'L1' | 'L2'): Flow =>
  only(graph.node('Normalizer', [x], [{ type: 'float', dims: x.dims }], { domain: ml, attributes: { norm: string(norm) } }));

/** 1 for what is greater than the threshold, else 0. */
export const binarizer = (graph: GraphBuilder, x: Flow, threshold: number): Flow =>
  only(graph.node('Binarizer', [x], [unnamed(x)], { domain: ml, attributes: { threshold: float(threshold) } }));

/** A column for each category; an unknown one has 0 in all of them. */
export function oneHotEncoder(graph: GraphBuilder, x: Flow, categories: readonly string[] | readonly number[]): Flow {
  if (categories.length === 0) throw new AppError('invalid', `There are no categories for ${x.name}.`);
  const attributes = { ...labels(categories, ['cats_strings', 'cats_int64s']), zeros: int(1) };
  const [encoded] = graph.node('OneHotEncoder', [x], [{ type: 'float', dims: [...x.dims, categories.length] }], { domain: ml, attributes });
  const dims = [columnsOf(x) * categories.length];
  return only(graph.node('Flatten', [encoded as Flow], [{ type: 'float', dims }], { attributes: { axis: int(1) } }));
}

export interface Encoding {
  readonly keys: readonly string[] | readonly number[];
  readonly values: readonly string[] | readonly number[];
  /** For what is none of the keys. */
  readonly fallback: string | number;
}

/** Another value for each key. Numbers are int64, except where x is float, or `to` says that values are. */
export function labelEncoder(graph: GraphBuilder, x: Flow, { keys, values, fallback }: Encoding, to: 'int64' | 'float' = 'int64'): Flow {
  if (keys.length !== values.length) throw new AppError('invalid', `An encoder has ${keys.length} keys and ${values.length} values.`);
  const type: FlowType = typeof values[0] === 'string' ? 'string' : to;
  const list = (items: readonly string[] | readonly number[], of: FlowType): ReturnType<typeof strings> =>
    of === 'string' ? strings(items as readonly string[]) : (of === 'float' ? floats : ints)(items as readonly number[]);
  const fallbacks = { string: () => string(String(fallback)), float: () => float(Number(fallback)), int64: () => int(Number(fallback)) };
  const attributes = {
    [`keys_${x.type}s`]: list(keys, x.type),
    [`values_${type}s`]: list(values, type),
    [`default_${type}`]: fallbacks[type as 'float'](),
  };
  return only(graph.node('LabelEncoder', [x], [{ type, dims: x.dims }], { domain: ml, attributes }));
}

/** The columns of all side by side. They have to be of one type. */
export function concat(graph: GraphBuilder, parts: readonly Flow[]): Flow {
  const [first] = parts;
  if (first === undefined || parts.some(({ type, dims }) => type !== first.type || dims.length !== 1)) {
    throw new AppError('invalid', 'What is put side by side has to be matrices of one type.');
  }
  if (parts.length === 1) return first;
  const dims = [parts.reduce((sum, part) => sum + columnsOf(part), 0)];
  return only(graph.node('Concat', parts, [{ type: first.type, dims }], { attributes: { axis: int(1) } }));
}

export const cast = (graph: GraphBuilder, x: Flow, type: FlowType): Flow =>
  x.type === type ? x : only(graph.node('Cast', [x], [{ type, dims: x.dims }], { attributes: { to: int(elementTypeNumber(type)) } }));

const unnamed = ({ type, dims }: Flow): { type: FlowType; dims: readonly number[] } => ({ type, dims });

function perColumn(what: string, values: ArrayLike<number>, x: Flow): void {
  if (values.length !== 1 && values.length !== columnsOf(x)) {
    throw new AppError('invalid', `There are ${values.length} ${what} for the ${columnsOf(x)} columns of ${x.name}.`);
  }
}
