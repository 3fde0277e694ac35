import type { Attribute } from '#/model/model.ts';

/** Attributes from plain values. A list that is absent makes none. */
export const float = (value: number | undefined): Attribute | undefined => (value === undefined ? undefined : { kind: 'float', value });
export const int = (value: number): Attribute => ({ kind: 'int', value: BigInt(value) });
export const string = (value: string): Attribute => ({ kind: 'string', value });
export const floats = (values: ArrayLike<number>): Attribute => ({ kind: 'floats', value: Float32Array.from(values) });
export const ints = (values: ArrayLike<number>): Attribute => ({ kind: 'ints', value: BigInt64Array.from(Array.from(values, BigInt)) });
export const strings = (values: readonly string[]): Attribute => ({ kind: 'strings', value: values });

/** The attribute of labels: texts or integers, under the name that the operator has for each. */
export const labels = (
  values: readonly string[] | readonly number[],
  [textName, integerName]: readonly [string, string],
): Readonly<Record<string, Attribute>> =>
  typeof values[0] === 'string'
    ? { [textName]: strings(values as readonly string[]) }
    : { [integerName]: ints(values as readonly number[]) };
