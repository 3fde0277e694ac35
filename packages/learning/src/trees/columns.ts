import { AppError } from '@mlab/kernel/errors';
import type { CategoryColumn, Matrix, NumberColumn } from '#/matrix.ts';

/**
 * What trees look at: number columns as they are, and of each category column one or more columns of ranks, NaN where nothing is known. A
 * node then asks for ≤ of ranks, which is a set of categories, or for one rank alone; both are nodes that ONNX has (`BRANCH_LEQ`,
 * `BRANCH_EQ`), behind a LabelEncoder from text to rank.
 */
export type TreeColumn =
  | { readonly kind: 'number'; readonly source: number }
  | { readonly kind: 'ranks'; readonly source: number; readonly ranks: Float32Array };

/** The columns of a matrix that a model was made from. */
export interface ModelColumns {
  /** Of the matrix, in its order; of a category column, the categories as they were. */
  readonly sources: readonly { readonly name: string; readonly categories: readonly string[] | undefined }[];
  readonly columns: readonly TreeColumn[];
}

export const sourcesOf = (matrix: Matrix): ModelColumns['sources'] =>
  matrix.columns.map((column) => ({ name: column.name, categories: column.kind === 'category' ? column.categories : undefined }));

/** So many orders a category column has at most: one for each of so many classes. */
export const MOST_ORDERS = 10;

/**
 * Ranks by a statistic of the rows of each category, from the least on. Among all ways to cut categories in two, one that is in the order of
 * their means has the least squared error (Fisher, "On grouping for maximum homogeneity", 1958); LightGBM sorts them so for each node, by
 * gradient and hessian. Here they are sorted once, before the first tree, so that one table of text to rank says it in ONNX. `smooth` draws
 * small categories to the middle, as LightGBM's `cat_smooth`.
 */
export function ranksOf(
  column: CategoryColumn,
  sums: { gradient: ArrayLike<number>; hessian: ArrayLike<number> },
  smooth: number,
): Float32Array {
  const gradient = new Float64Array(column.categories.length);
  const hessian = new Float64Array(column.categories.length);
  for (let row = 0; row < column.codes.length; row++) {
    const code = column.codes[row] as number;
    if (code < 0) continue;
    gradient[code]! += sums.gradient[row] as number;
    hessian[code]! += sums.hessian[row] as number;
  }
  const means = gradient.map((sum, code) => sum / ((hessian[code] as number) + smooth || 1));
  const order = Array.from(means.keys()).toSorted((a, b) => (means[a] as number) - (means[b] as number) || a - b);
  const ranks = new Float32Array(means.length);
  order.forEach((code, rank) => (ranks[code] = rank));
  return ranks;
}

/** The values that trees look at, one array for each column of the model. */
export function valuesFor({ sources, columns }: ModelColumns, matrix: Matrix): Float32Array[] {
  if (matrix.columns.length !== sources.length) {
    throw new AppError('invalid', `The model was made from ${sources.length} columns, and the matrix has ${matrix.columns.length}.`);
  }
  return columns.map((column) => {
    const given = matrix.columns[column.source];
    const source = sources[column.source];
    if (given === undefined || given.name !== source?.name || (given.kind === 'category') !== (column.kind === 'ranks')) {
      throw new AppError(
        'invalid',
        `Column ${column.source} of the matrix has to be ${source?.name}, a ${column.kind === 'ranks' ? 'category' : 'number'}.`,
      );
    }
    return column.kind === 'number'
      ? (given as NumberColumn).values
      : rankedRows(given as CategoryColumn, source.categories ?? [], column.ranks);
  });
}

function rankedRows({ codes, categories }: CategoryColumn, known: readonly string[], ranks: Float32Array): Float32Array {
  const table = sameList(categories, known) ? ranks : tableFor(categories, known, ranks);
  return Float32Array.from(codes, (code) => (code < 0 ? Number.NaN : (table[code] ?? Number.NaN)));
}

/** The matrix may have its categories in another order than the one that was learnt from. */
function tableFor(categories: readonly string[], known: readonly string[], ranks: Float32Array): Float32Array {
  const places = new Map(known.map((category, code) => [category, code]));
  return Float32Array.from(categories, (category) => ranks[places.get(category) ?? -1] ?? Number.NaN);
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
