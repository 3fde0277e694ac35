import { AppError } from '@mlab/kernel/errors';
import type { Flow, GraphBuilder } from '@mlab/onnx';
import type { Matrix, MatrixColumn } from '#/matrix.ts';
import { applyCategory, indicatorOfWords } from '#/preparing/apply-category.ts';
import { applyNumber, indicatorOf } from '#/preparing/apply-number.ts';
import type { PreparedColumn } from '#/preparing/plan.ts';
import type { Preparing, PreparingInput } from '#/preparing/preparing.ts';
import { columnFor, rawValues } from '#/preparing/raw-values.ts';
import type { CategoryFeature, PreparingState } from '#/preparing/state.ts';
import { writePreparing } from '#/preparing/write-preparing.ts';
import { columnsByName, type Table, type TableColumn, type TextField } from '#/table.ts';

export class LearntPreparing implements Preparing {
  readonly form: Preparing['form'];
  readonly columns: readonly PreparedColumn[];
  readonly inputs: readonly PreparingInput[];
  readonly features: readonly string[];
  readonly origins: Int32Array;
  readonly #state: PreparingState;

  constructor(state: PreparingState) {
    this.#state = state;
    this.form = state.form;
    this.columns = state.columns;
    this.inputs = state.inputs;
    const marked = state.numbers.filter(({ indicator }) => indicator);
    const made = [
      ...state.numbers.map(({ name, input }) => ({ name, input })),
      ...marked.map(({ name, input }) => ({ name: `${name} is missing`, input })),
      ...state.categories.flatMap((feature) => namesOf(feature, state.form).map((name) => ({ name, input: feature.input }))),
    ];
    this.features = made.map(({ name }) => name);
    this.origins = Int32Array.from(made, ({ input }) => input);
  }

  apply(table: Table): Matrix {
    const { numbers, categories } = this.#state;
    const byName = columnsByName(table);
    const columns = this.inputs.map((input) => columnFor(byName, input));
    const at = (input: number): TableColumn => columns[input] as TableColumn;
    const raws = numbers.map((feature) => rawValues(at(feature.input), feature));
    const indicators = numbers.flatMap((feature, index) =>
      feature.indicator ? [indicatorOf(`${feature.name} is missing`, raws[index] as Float32Array)] : [],
    );
    // In place, so that a table of many rows is there only once more.
    const values = numbers.map((feature, index) => applyNumber(feature, raws[index] as Float32Array));
    const words = categories.flatMap((feature): MatrixColumn[] => {
      const column = at(feature.input) as TextField;
      const made = applyCategory(feature, column, this.form);
      return feature.indicator ? [...made, indicatorOfWords(`${feature.name} is missing`, column)] : made;
    });
    return { rows: table.rows, columns: [...values, ...indicators, ...words] };
  }

  write(graph: GraphBuilder): Flow[] {
    return writePreparing(graph, this.#state);
  }

  state(): object {
    return this.#state;
  }
}

const namesOf = (feature: CategoryFeature, form: Preparing['form']): string[] => [
  ...(form === 'dense' ? feature.categories.map((category) => `${feature.name}=${category}`) : [feature.name]),
  ...(feature.indicator ? [`${feature.name} is missing`] : []),
];

/** From what `state` gave. */
export function preparingFrom(state: object): Preparing {
  const { version } = state as Partial<PreparingState>;
  if (version !== 1) throw new AppError('invalid', `The state of a preparing is of version ${String(version)}, and 1 is known.`);
  return new LearntPreparing(state as PreparingState);
}
