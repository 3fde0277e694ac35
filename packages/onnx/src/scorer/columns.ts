import type { ElementType } from '#/model/element-type.ts';
import type { Dimension } from '#/model/model.ts';
import type { TensorValues } from '#/model/tensor-values.ts';

/** What a model asks for or gives, under its name. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  /** The first dimension is that of the rows wherever it is not a number. `undefined`: the model does not say. */
  readonly shape: readonly Dimension[] | undefined;
  /** Of probabilities, where the model says which column is which class's. */
  readonly classes: readonly string[] | readonly number[] | undefined;
}

/** Values row after row. Integers may also come as numbers, and booleans as 0 and 1. */
export type Column = TensorValues | readonly number[] | readonly bigint[] | readonly boolean[];

/** Values of an input: a column alone where the model says how wide it is, else with its dimensions. */
export type Columns = Readonly<Record<string, Column | { readonly data: Column; readonly dims: readonly number[] }>>;

/** int64 is a BigInt64Array and bool a Uint8Array. */
export interface Output {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorValues;
}

export type Outputs = Readonly<Record<string, Output>>;

export interface Given {
  readonly data: Column;
  readonly dims: readonly number[] | undefined;
}

/** The values for an input among those that came; a name such as `__proto__` is a name like any other. */
export function givenFor(columns: Columns, name: string): Given | undefined {
  if (!Object.hasOwn(columns, name)) return undefined;
  const given = columns[name];
  if (given === undefined) return undefined;
  return 'data' in given ? given : { data: given, dims: undefined };
}
