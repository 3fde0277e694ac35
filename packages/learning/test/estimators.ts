import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { GraphBuilder, openScorer, writeModel, type Attribute, type Flow, type Output } from '@mlab/onnx';
import type { Matrix, TrainingSet } from '#/matrix.ts';
import { readParams } from '#/params.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';
import type { Fitted, Trainer, TrainerContext } from '#/trainer.ts';
import { referenceFor } from './reference.ts';

/** What compat/learning/record-estimators.py wrote. */
export interface Recorded {
  readonly data: Readonly<Record<string, { readonly X: readonly (readonly number[] | string)[]; readonly y: readonly number[] }>>;
  readonly logistic: readonly RecordedModel[];
  readonly linear: readonly RecordedModel[];
  readonly clusters: readonly {
    readonly data: string;
    readonly k: number;
    readonly from_first: { readonly inertia: number; readonly labels: string };
    readonly inertias: readonly number[];
  }[];
  readonly anomalies: readonly {
    readonly data: string;
    readonly scores: readonly number[];
    readonly outliers: number;
    readonly small?: { readonly trees: readonly RecordedTree[]; readonly max_samples: number; readonly scores: readonly number[] };
  }[];
  readonly path_lengths: readonly number[];
  readonly networks: readonly { readonly data: string; readonly results: readonly number[] }[];
}

export interface RecordedModel {
  readonly data: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly weighted: boolean;
  readonly coefficients: readonly number[] | readonly (readonly number[])[];
  readonly intercepts: readonly number[];
}

export interface RecordedTree {
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly samples: readonly number[];
}

export const recorded = JSON.parse(await readFile(new URL('fixtures/estimators/recorded.json', import.meta.url), 'utf8')) as Recorded;

/** Real data with deviations of 1. Of weighted rows, row i weighs i mod 4. */
export function dataOf(name: string, weighted = false): TrainingSet {
  const { X, y } = recorded.data[name] as Recorded['data'][string];
  const rows = X.map((row) => (typeof row === 'string' ? Array.from(row, (digit) => Number.parseInt(digit, 17)) : row));
  const columns = rows[0]?.map((_, column) => scaled(rows.map((row) => row[column] as number))) ?? [];
  return {
    matrix: matrixOf(columns),
    target: Float64Array.from(y),
    ...(weighted ? { weights: Float64Array.from(y, (_, row) => row % 4) } : {}),
  };
}

function scaled(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (value - mean) / (deviation === 0 ? 1 : deviation));
}

export const matrixOf = (columns: readonly (readonly number[])[]): Matrix => ({
  rows: columns[0]?.length ?? 0,
  columns: columns.map((values, index) => ({ kind: 'number', name: `x${index}`, values: Float32Array.from(values) })),
});

/** The rows for which `holds`. */
export function rowsOf({ matrix, target, weights }: TrainingSet, holds: (row: number) => boolean): TrainingSet {
  const keep = (_: number, row: number): boolean => holds(row);
  return {
    matrix: {
      rows: Array.from({ length: matrix.rows }, (_, row) => row).filter(holds).length,
      columns: matrix.columns.map((column) => (column.kind === 'number' ? { ...column, values: column.values.filter(keep) } : column)),
    },
    target: target.filter(keep),
    ...(weights === undefined ? {} : { weights: weights.filter(keep) }),
  };
}

export const classesTask = (count: number): Task => ({
  kind: count === 2 ? 'binary' : 'multiclass',
  classes: Array.from({ length: count }, (_, index) => `class ${index}`),
});

export const context = (more: Partial<TrainerContext> = {}): TrainerContext => ({ random: seededRandom(7), threads: 0, ...more });

export const train = <P>(
  trainer: Trainer<P>,
  set: TrainingSet,
  task: Task,
  given: object = {},
  more: Partial<TrainerContext> = {},
): Fitted => trainer.train(set, task, readParams(trainer, given), context(more));

/** Coefficients and intercepts that the graph of a linear model has; of two classes those of the second. */
export function coefficientsOf(fitted: Fitted, matrix: Matrix): { coefficients: number[]; intercepts: number[] } {
  const graph = new GraphBuilder();
  fitted.write(graph, [graph.input('x', 'float', matrix.columns.length)]);
  const attributes = graph.build().graph.nodes[0]?.attributes ?? new Map<string, Attribute>();
  const list = (name: string): number[] => Array.from((attributes.get(name) as Extract<Attribute, { kind: 'floats' }>).value);
  const [coefficients, intercepts] = [list('coefficients'), list('intercepts')];
  if (intercepts.length !== 2) return { coefficients, intercepts };
  return { coefficients: coefficients.slice(coefficients.length / 2), intercepts: intercepts.slice(1) };
}

/** The bytes of the model alone, with its columns as the inputs. */
export function modelBytes(fitted: Fitted, matrix: Matrix): Uint8Array {
  const graph = new GraphBuilder();
  const features = matrix.columns.map(({ name, kind }): Flow => graph.input(name, kind === 'number' ? 'float' : 'string'));
  const { label, probabilities, value } = fitted.write(graph, features);
  if (label !== undefined) graph.output('label', label);
  if (probabilities !== undefined) graph.output('probabilities', probabilities);
  if (value !== undefined) graph.output('value', value);
  return writeModel(graph.build());
}

/** Holds the graph, compiled and by ONNX Runtime, against `predict`: numbers within 1e-6, of their size where they are greater than 1. */
export async function assertSameAsGraph(fitted: Fitted, matrix: Matrix, task: Task): Promise<void> {
  const expected = fitted.predict(matrix);
  const bytes = modelBytes(fitted, matrix);
  const columns = Object.fromEntries(
    matrix.columns.map((column) => [
      column.name,
      column.kind === 'number' ? column.values : Array.from(column.codes, (code) => column.categories[code] ?? ''),
    ]),
  );
  await using compiled = await openScorer(bytes);
  assert.equal(compiled.backend, 'compiled', compiled.reason);
  await using reference = await referenceFor(bytes, compiled, matrix.rows);
  for (const scorer of [compiled, reference]) assertSame(await scorer.score(columns), expected, task);
}

function assertSame(outputs: Readonly<Record<string, Output>>, expected: Float64Array, task: Task): void {
  assert.ok(expected.length > 0 && expected.every(Number.isFinite));
  if (task.kind === 'clustering') assert.deepEqual(Array.from(outputs['label']?.data ?? [], Number), Array.from(expected));
  else if (task.kind === 'binary' || task.kind === 'multiclass') {
    assertNear(outputs['probabilities']?.data as Float32Array, expected);
    const width = task.classes.length;
    Array.from<unknown>(outputs['label']?.data ?? []).forEach((label, row) => {
      const own = expected.subarray(row * width, (row + 1) * width);
      const index = (task.classes as readonly unknown[]).indexOf(typeof label === 'bigint' ? Number(label) : label);
      if (!((own[index] as number) >= Math.max(...own) - 1e-6))
        assert.fail(`row ${row} is called ${String(label)}, and its probabilities are ${own.join(', ')}`);
    });
  } else assertNear(outputs['value']?.data as Float32Array, expected);
}

export function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  for (let at = 0; at < actual.length; at++) {
    const [a, b] = [actual[at] as number, expected[at] as number];
    if (!(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)))) assert.fail(`[${at}] is ${a}, expected ${b}`);
  }
}
