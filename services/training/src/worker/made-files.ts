import type { DatasetColumn } from '#/data/dataset.ts';
import type { Judgement } from './judge.ts';
import type { Loaded } from './load.ts';
import type { AnyTrainer, Model } from './fit.ts';
import type { MadeFile, TrainedModel, TrainOrder } from './messages.ts';
import { columnsFor } from './self-check.ts';
import type { Parts } from './split-table.ts';

export interface Made {
  readonly order: TrainOrder;
  readonly loaded: Loaded;
  readonly parts: Parts;
  readonly model: Model;
  readonly judgement: Judgement;
  readonly params: Readonly<Record<string, unknown>>;
  readonly predictions: Float64Array;
  readonly warnings: readonly string[];
  readonly trainer: AnyTrainer;
  /** Size of the model's file. */
  readonly bytes: number;
}

const EXAMPLES = 5;

const json = (path: string, value: unknown): MadeFile => ({
  path,
  contentType: 'application/json',
  text: JSON.stringify(value, withoutNaN),
});
const withoutNaN = (_key: string, value: unknown): unknown => (typeof value === 'number' && !Number.isFinite(value) ? null : value);

/** What is kept with the run and with the model, besides the model itself. */
export function filesOf(made: Made): Pick<TrainedModel, 'modelFiles' | 'runFiles' | 'report'> {
  const { judgement } = made;
  const { metric, evaluation, baseline, comparison, crossValidation, slices, permutations } = judgement;
  const told = { metric, evaluation, baseline, comparison, crossValidation, slices, permutations };
  return {
    modelFiles: [exampleOf(made)],
    runFiles: [json('evaluation.json', told), json('columns.json', columnsOf(made))],
    report: '',
  };
}

/** The first test rows, as MLflow's `input_example.json` has tensors by name. */
function exampleOf({ parts, model }: Made): MadeFile {
  const { table } = parts.test;
  const columns = columnsFor(table, model.preparing.inputs, 0, Math.min(EXAMPLES, table.rows));
  const inputs = Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, Array.from(values as ArrayLike<unknown>, (value) => [value])]),
  );
  return json('input_example.json', { inputs });
}

function columnsOf({ loaded, model }: Made): readonly (DatasetColumn & { readonly used?: string; readonly reason?: string })[] {
  const prepared = new Map(model.preparing.columns.map((column) => [column.name, column]));
  return loaded.description.columns.map((column) => {
    const { use, reason } = prepared.get(column.name) ?? {};
    return { ...column, ...(use === undefined ? {} : { used: use }), ...(reason === undefined ? {} : { reason }) };
  });
}
