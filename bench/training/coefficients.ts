/** Coefficients of logistic regression beside those of scikit-learn. */
import { GraphBuilder, type Attribute } from '@mlab/onnx';
import { share, type Dataset } from './datasets.ts';
import { trainOurs } from './ours.ts';
import type { Reference } from './reference.ts';

export interface Coefficients {
  readonly dataset: string;
  readonly count: number;
  /** The greatest difference. */
  readonly difference: number;
  readonly met: boolean;
}

const BUDGET = 1e-4;
const C = 1;

/** Columns are measured in their deviations first: scikit-learn would not come to an end otherwise. */
export async function compareCoefficients(given: Dataset, reference: Reference, folder: string): Promise<Coefficients> {
  const columns = given.matrix.columns.map((column) => {
    if (column.kind === 'category') throw new Error(`${column.name} is no number.`);
    const average = column.values.reduce((sum, value) => sum + value, 0) / given.matrix.rows;
    const deviation = Math.sqrt(column.values.reduce((sum, value) => sum + (value - average) ** 2, 0) / given.matrix.rows);
    return { ...column, values: column.values.map((value) => (value - average) / (deviation || 1)) };
  });
  const dataset = { ...given, name: `${given.name}, scaled`, matrix: { ...given.matrix, columns } };
  await share(dataset, reference, folder);
  const theirs = await reference.ask<{ coefficients: number[]; intercepts: number[] }>({ do: 'logistic', name: dataset.name, C });
  const { fitted } = trainOurs({ trainer: 'logistic', params: { C }, threads: 1 }, dataset, dataset);
  const graph = new GraphBuilder();
  fitted.write(graph, [graph.input('x', 'float', columns.length)]);
  const attributes = graph.build().graph.nodes[0]?.attributes ?? new Map<string, Attribute>();
  // A score of two classes is written for both.
  const last = (name: string, count: number): number[] =>
    Array.from((attributes.get(name) as Extract<Attribute, { kind: 'floats' }>).value).slice(-count);
  const ours = [...last('coefficients', theirs.coefficients.length), ...last('intercepts', theirs.intercepts.length)];
  const wanted = [...theirs.coefficients, ...theirs.intercepts];
  const difference = wanted.reduce((most, each, at) => Math.max(most, Math.abs(each - (ours[at] as number))), 0);
  return { dataset: given.name, count: wanted.length, difference, met: difference <= BUDGET };
}
