import { columnsByName, profileOf, type TableColumn, type Task } from '@mlab/learning';
import type { DatasetColumn } from '#/data/dataset.ts';
import type { MadeOf } from './made-of.ts';
import { reportOf } from './report-of.ts';
import type { MadeFile, TrainedModel } from './messages.ts';
import { columnsFor } from './self-check.ts';
import { plotsOf, renderReport } from '#/report/report.ts';

const EXAMPLES = 5;

const json = (path: string, value: unknown): MadeFile => ({
  path,
  contentType: 'application/json',
  text: JSON.stringify(value, withoutNaN),
});
const withoutNaN = (_key: string, value: unknown): unknown => (typeof value === 'number' && !Number.isFinite(value) ? null : value);

/** What is kept with the run and with the model, besides the model itself. */
export function filesOf(made: MadeOf): Pick<TrainedModel, 'modelFiles' | 'runFiles' | 'report'> {
  const { judgement } = made;
  const { metric, evaluation, baseline, comparison, crossValidation, slices, permutations } = judgement;
  const told = { metric, evaluation, baseline, comparison, crossValidation, slices, permutations };
  const report = reportOf(made);
  const profile = profileFile(made);
  const plots = plotsOf(report).map(({ name, svg }): MadeFile => ({ path: `plots/${name}`, contentType: 'image/svg+xml', text: svg }));
  return {
    modelFiles: [exampleOf(made), profile],
    runFiles: [json('evaluation.json', told), json('columns.json', columnsOf(made)), profile, ...plots],
    report: renderReport(report),
  };
}

/** How the rows that were learnt from, and what is said of others, are distributed: what drift is told by later. */
function profileFile({ loaded, parts, model, predictions, order }: MadeOf): MadeFile {
  const { table } = parts.train;
  const byName = columnsByName(table);
  const target = order.spec.target === undefined ? undefined : byName.get(order.spec.target);
  const columns = model.preparing.inputs.flatMap(({ name }) => byName.get(name) ?? []);
  const prediction = predictionColumn(loaded.task, predictions);
  return json('profile.json', profileOf({ rows: table.rows, columns }, { ...(target === undefined ? {} : { target }), prediction }));
}

/** The value, the probability of the second of two classes, or the class. */
function predictionColumn(task: Task, predictions: Float64Array): TableColumn {
  if (!('classes' in task)) return { kind: 'number', name: 'prediction', values: predictions };
  const width = task.classes.length;
  if (width === 2) return { kind: 'number', name: 'prediction', values: predictions.filter((_, at) => at % 2 === 1) };
  const codes = Int32Array.from({ length: predictions.length / width }, (_, row) => {
    const own = predictions.subarray(row * width, (row + 1) * width);
    return own.indexOf(Math.max(...own));
  });
  return { kind: 'text', name: 'prediction', codes, words: task.classes.map(String) };
}

/** The first test rows, as MLflow's `input_example.json` of the type ndarray has tensors by name. */
function exampleOf({ parts, model }: MadeOf): MadeFile {
  const { table } = parts.test;
  const columns = columnsFor(table, model.preparing.inputs, 0, Math.min(EXAMPLES, table.rows));
  const inputs = Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, Array.from(values as ArrayLike<unknown>, (value) => [value])]),
  );
  return json('input_example.json', inputs);
}

function columnsOf({ loaded, model }: MadeOf): readonly (DatasetColumn & { readonly used?: string; readonly reason?: string })[] {
  const prepared = new Map(model.preparing.columns.map((column) => [column.name, column]));
  return loaded.description.columns.map((column) => {
    const { use, reason } = prepared.get(column.name) ?? {};
    return { ...column, ...(use === undefined ? {} : { used: use }), ...(reason === undefined ? {} : { reason }) };
  });
}
