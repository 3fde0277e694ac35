import type { TrainingSpec } from '@mlab/contracts/training-spec';
import { foldsOf, splitRows, takeRows, type Fold, type Split, type Table, type Task, type TrainingSet } from '@mlab/learning';
import type { Loaded } from './load.ts';
import { randomFor } from './random-for.ts';

/** Some rows, with all that is known of each. */
export interface Part {
  readonly table: Table;
  readonly target: Float64Array;
  readonly weights: Float64Array | undefined;
}

export interface Parts {
  readonly train: Part;
  readonly validation: Part | undefined;
  readonly test: Part;
}

const isClassified = ({ kind }: Task): boolean => kind === 'binary' || kind === 'multiclass';

/** Rows that training is stopped early by, where nobody has said how many. */
const STOPPING = 0.1;

export function splitOf({ split, earlyStopping }: TrainingSpec, task: Task): Split {
  const { kind = isClassified(task) ? 'stratified' : 'random', test = 0.2, column, gap } = split ?? {};
  const validation = split?.validation ?? (earlyStopping === undefined ? 0 : STOPPING);
  const parts = { test, validation };
  if (kind === 'column') return { kind, column: column as string };
  if (kind === 'time') return { kind, column: column as string, ...parts, ...(gap === undefined ? {} : { gap }) };
  if (kind === 'group') return { kind, column: column as string, ...parts };
  return { kind, ...parts };
}

const pick = (values: Float64Array, rows: Int32Array): Float64Array => Float64Array.from(rows, (row) => values[row] as number);

export function partOf({ table, target, weights }: Part, rows: Int32Array): Part {
  return {
    table: takeRows(table, rows),
    target: target.length === 0 ? target : pick(target, rows),
    weights: weights === undefined ? undefined : pick(weights, rows),
  };
}

/** Rows that are known to be strange are few: they are shared out as a class is. */
const sharedOut = (task: Task, target: Float64Array): Task =>
  task.kind === 'anomaly' && target.length > 0 ? { kind: 'binary', classes: [0, 1] } : task;

export function splitTable(loaded: Loaded, spec: TrainingSpec): Parts {
  const { table, task, target } = loaded;
  const by = sharedOut(task, target);
  const rows = splitRows(table, { task: by, values: target }, splitOf(spec, by), randomFor(spec.seed, 'split'));
  return {
    train: partOf(loaded, rows.train),
    validation: rows.validation === undefined ? undefined : partOf(loaded, rows.validation),
    test: partOf(loaded, rows.test),
  };
}

/** Both together: what a cross-validation draws from. */
export function joined(loaded: Loaded, spec: TrainingSpec): Part {
  const { table, task, target } = loaded;
  const by = sharedOut(task, target);
  const { train, validation } = splitRows(table, { task: by, values: target }, splitOf(spec, by), randomFor(spec.seed, 'split'));
  return partOf(loaded, Int32Array.from([...train, ...(validation ?? [])]).toSorted());
}

export function foldsIn({ table, target }: Part, spec: TrainingSpec, task: Task, folds: number): readonly Fold[] {
  const split = splitOf(spec, task);
  const random = randomFor(spec.seed, 'folds');
  const how =
    split.kind === 'time' || split.kind === 'group'
      ? { kind: split.kind, column: split.column }
      : { kind: isClassified(task) ? ('stratified' as const) : ('random' as const) };
  return foldsOf(table, { task, values: target }, { folds, ...how }, random);
}

/** Weights of rows to learn by: those of the data times those of the classes. */
export function learningWeights(
  { target, weights }: Part,
  task: Task,
  classWeights: TrainingSpec['classWeights'],
): Float64Array | undefined {
  if (classWeights === undefined || !('classes' in task)) return weights;
  const { classes } = task;
  const sums = new Float64Array(classes.length);
  target.forEach((label, row) => (sums[label] = (sums[label] as number) + (weights?.[row] ?? 1)));
  const total = sums.reduce((sum, one) => sum + one, 0);
  const named = classWeights === 'balanced' ? undefined : new Map(classWeights.map((one) => [one.class, one.weight]));
  const factors = [...classes].map((label: string | number, at) =>
    named === undefined ? total / (classes.length * (sums[at] as number)) : (named.get(String(label)) ?? 1),
  );
  return target.map((label, row) => (weights?.[row] ?? 1) * (factors[label] as number));
}

export const setOf = (part: Part, matrix: TrainingSet['matrix'], weights: Float64Array | undefined, task: Task): TrainingSet => ({
  matrix,
  target: task.kind === 'clustering' || task.kind === 'anomaly' ? new Float64Array(0) : part.target,
  ...(weights === undefined ? {} : { weights }),
});
