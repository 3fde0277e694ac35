import type { Attributes } from '#/model/attributes.ts';

/** The labels of a classifier: texts, or integers in the attribute that its operator has for them. */
export function classesOf(
  attributes: Attributes,
  integers: 'classlabels_int64s' | 'classlabels_ints',
): readonly string[] | readonly number[] {
  const strings = attributes.strings('classlabels_strings');
  return strings.length > 0 ? strings : Array.from(attributes.ints(integers));
}
