import type { ElementType } from '#/model/element-type.ts';

/** The element types that compiled graphs compute with. */
export type NumberKind = 'float' | 'double' | 'int64' | 'int32' | 'bool';
export type Kind = NumberKind | 'string';

/** int64 is kept in doubles, which hold exactly all that a model is made of; `fill` refuses inputs that they do not. */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

interface Shaped {
  /** Dimensions without that of the rows; of a constant, all. */
  readonly dims: readonly number[];
  /** Product of `dims`: how many elements a row has. */
  readonly width: number;
  /** The same for all rows. */
  readonly isConstant: boolean;
  /** Rows are the last dimension behind a single 1, as ArrayFeatureExtractor makes of labels: [1, rows]. */
  readonly isTransposed: boolean;
  /** Of probabilities, where the model says it by a ZipMap. */
  readonly classes: readonly string[] | readonly number[] | undefined;
}

export interface NumberValue extends Shaped {
  readonly kind: NumberKind;
  /** Row after row, as many as a block has. */
  readonly data: Numbers;
}

export interface StringValue extends Shaped {
  readonly kind: 'string';
  readonly data: string[];
}

/** A value of the graph while a block of rows is computed: a buffer that is made once and written for every block anew. */
export type Value = NumberValue | StringValue;

/** Elements of numbers or strings, where they are only carried from one place to another. */
export interface Elements {
  [index: number]: unknown;
}

const KINDS: readonly ElementType[] = ['float', 'double', 'int64', 'int32', 'bool', 'string'];

export const isKind = (type: ElementType): type is Kind => KINDS.includes(type);

export const product = (dims: readonly number[]): number => dims.reduce((result, dim) => result * dim, 1);

export function makeNumbers(kind: NumberKind, length: number): Numbers {
  if (kind === 'float') return new Float32Array(length);
  if (kind === 'int32') return new Int32Array(length);
  return kind === 'bool' ? new Uint8Array(length) : new Float64Array(length);
}

/** The same values under other dimensions. */
export const reshaped = (value: Value, dims: readonly number[], isTransposed = false): Value => ({ ...value, dims, isTransposed });
