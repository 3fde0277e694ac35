import type { Attributes } from '#/model/attributes.ts';

/** A list of an ensemble, which has to have an entry for each node, or weight, or leaf. */
export function sameLength<T extends { readonly length: number }>(attributes: Attributes, name: string, list: T, expected: number): T {
  if (list.length === expected) return list;
  throw attributes.refusal(`its ${name} has ${list.length} entries, and has to have ${expected}`);
}
