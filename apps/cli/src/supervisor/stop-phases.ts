interface Called {
  readonly name: string;
  /** Who calls it. */
  readonly neededBy: readonly string[];
}

/**
 * The order of an end: whoever calls goes before whom it calls, so that work in progress finds its neighbours until its end.
 * What nobody calls any more ends at the same time. A circle of processes has no right order, and ends as one.
 */
export function stopPhases<T extends Called>(all: readonly T[]): T[][] {
  if (all.length === 0) return [];
  const names = new Set(all.map(({ name }) => name));
  const uncalled = all.filter(({ name, neededBy }) => !neededBy.some((caller) => caller !== name && names.has(caller)));
  const phase = uncalled.length > 0 ? uncalled : [...all];
  return [phase, ...stopPhases(all.filter((one) => !phase.includes(one)))];
}
