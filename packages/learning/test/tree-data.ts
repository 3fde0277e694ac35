import type { Matrix, MatrixColumn, TrainingSet } from '#/matrix.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';

export const regression: Task = { kind: 'regression' };
export const binary: Task = { kind: 'binary', classes: ['no', 'yes'] };

export const number = (name: string, values: ArrayLike<number>): MatrixColumn => ({
  kind: 'number',
  name,
  values: Float32Array.from(values),
});

/** Of texts; an empty one is none. */
export function category(name: string, texts: readonly string[]): MatrixColumn {
  const categories = [...new Set(texts.filter((text) => text !== ''))].toSorted();
  return { kind: 'category', name, codes: Int32Array.from(texts, (text) => (text === '' ? -1 : categories.indexOf(text))), categories };
}

export const matrix = (...columns: readonly MatrixColumn[]): Matrix => ({
  rows: columns[0]?.kind === 'number' ? columns[0].values.length : (columns[0]?.codes.length ?? 0),
  columns,
});

export interface Made {
  readonly rows: number;
  readonly numbers: number;
  readonly categories?: number;
  /** Share of the values that are missing. */
  readonly missing?: number;
  readonly seed?: number;
}

/** Columns of chance, of which some say something of the target: of every kind of value that there is. */
export function made({ rows, numbers, categories = 0, missing = 0, seed = 1 }: Made, task: Task): TrainingSet {
  const random = seededRandom(seed);
  const known = (): boolean => random() >= missing;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const signal = new Float64Array(rows);
  const columns: MatrixColumn[] = [];
  for (let column = 0; column < numbers; column++) {
    const values = Array.from({ length: rows }, () => (column % 3 === 2 ? Math.floor(random() * 5) : normal()));
    values.forEach((value, row) => (signal[row]! += column % 2 === 0 ? Math.sin(value) / (column + 1) : value / 4));
    columns.push(
      number(
        `n${column}`,
        values.map((value) => (known() ? value : Number.NaN)),
      ),
    );
  }
  for (let column = 0; column < categories; column++) {
    const count = column === 0 ? 4 : 30;
    const effects = Array.from({ length: count }, normal);
    const codes = Array.from({ length: rows }, () => Math.floor(random() * count));
    codes.forEach((code, row) => (signal[row]! += effects[code] as number));
    columns.push(
      category(
        `c${column}`,
        codes.map((code) => (known() ? `category ${code}` : '')),
      ),
    );
  }
  const noisy = signal.map((value) => value + normal() / 2);
  return { matrix: { rows, columns }, target: targetOf(noisy, task) };
}

function targetOf(values: Float64Array, task: Task): Float64Array {
  if (task.kind !== 'binary' && task.kind !== 'multiclass') return values;
  const order = values.toSorted();
  const classes = task.classes.length;
  return values.map((value) => {
    let label = 0;
    while (label < classes - 1 && value > (order[Math.floor((order.length * (label + 1)) / classes)] as number)) label++;
    return label;
  });
}

/** The rows for which `holds`. */
export function someRows({ matrix: all, target, weights }: TrainingSet, holds: (row: number) => boolean): TrainingSet {
  const keep = (_: number, row: number): boolean => holds(row);
  const columns = all.columns.map((column) =>
    column.kind === 'number' ? { ...column, values: column.values.filter(keep) } : { ...column, codes: column.codes.filter(keep) },
  );
  const kept = target.filter(keep);
  return { matrix: { rows: kept.length, columns }, target: kept, ...(weights === undefined ? {} : { weights: weights.filter(keep) }) };
}

export const rowsBetween = (set: TrainingSet, from: number, to: number): TrainingSet => someRows(set, (row) => row >= from && row < to);

/** The share of pairs of rows of both classes that are in order (Mann and Whitney), ties for half. */
export function auc(scores: ArrayLike<number>, target: ArrayLike<number>): number {
  const order = Array.from(target, (_, row) => row).toSorted((a, b) => (scores[a] as number) - (scores[b] as number));
  let [sum, positive] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && scores[order[to] as number] === scores[order[from] as number]) to++;
    for (let at = from; at < to; at++) {
      if (target[order[at] as number] !== 1) continue;
      sum += (from + to + 1) / 2;
      positive++;
    }
    from = to;
  }
  return (sum - (positive * (positive + 1)) / 2) / (positive * (order.length - positive));
}

export const rmse = (values: ArrayLike<number>, target: ArrayLike<number>): number =>
  Math.sqrt(Array.from(target).reduce((sum, wanted, row) => sum + ((values[row] as number) - wanted) ** 2, 0) / target.length);
