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

/** How the rows that were learnt from are distributed: what drift is told by later. */
function profileFile({ parts, model, order }: MadeOf): MadeFile {
  const wanted = new Set([...model.preparing.inputs.map(({ name }) => name), order.spec.target]);
  const { rows, columns } = parts.train.table;
  return json('profile.json', { rows, columns: columns.filter(({ name }) => wanted.has(name)).map(({ name }) => name) });
}

/** The first test rows, as MLflow's `input_example.json` has tensors by name. */
function exampleOf({ parts, model }: MadeOf): MadeFile {
  const { table } = parts.test;
  const columns = columnsFor(table, model.preparing.inputs, 0, Math.min(EXAMPLES, table.rows));
  const inputs = Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, Array.from(values as ArrayLike<unknown>, (value) => [value])]),
  );
  return json('input_example.json', { inputs });
}

function columnsOf({ loaded, model }: MadeOf): readonly (DatasetColumn & { readonly used?: string; readonly reason?: string })[] {
  const prepared = new Map(model.preparing.columns.map((column) => [column.name, column]));
  return loaded.description.columns.map((column) => {
    const { use, reason } = prepared.get(column.name) ?? {};
    return { ...column, ...(use === undefined ? {} : { used: use }), ...(reason === undefined ? {} : { reason }) };
  });
}
