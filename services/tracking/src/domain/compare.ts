/** What all of several things have with one value, and what not. */
export interface Compared<T> {
  readonly differ: readonly { readonly key: string; readonly values: Readonly<Record<string, T>> }[];
  readonly same: readonly { readonly key: string; readonly value: T }[];
}

/** The values of one run by their keys. */
export interface Labelled<T> {
  readonly runId: string;
  readonly values: ReadonlyMap<string, T>;
}

/** Sorts the keys of several runs into those that differ and those that do not. What one run lacks differs. NaN is the same as NaN. */
export function compare<T extends string | number>(runs: readonly Labelled<T>[]): Compared<T> {
  const differ: { key: string; values: Record<string, T> }[] = [];
  const same: { key: string; value: T }[] = [];
  for (const key of keysOf(runs)) {
    const having = runs.flatMap(({ runId, values }) => (values.has(key) ? [[runId, values.get(key) as T] as const] : []));
    const [, first] = having[0] as readonly [string, T];
    if (having.length === runs.length && having.every(([, value]) => Object.is(value, first))) same.push({ key, value: first });
    else differ.push({ key, values: Object.fromEntries(having) });
  }
  return { differ, same };
}

/** Keys in the order of their characters. */
const keysOf = (runs: readonly Labelled<unknown>[]): readonly string[] =>
  [...new Set(runs.flatMap(({ values }) => [...values.keys()]))].toSorted((a, b) => (a < b ? -1 : 1));

/** Metrics that are worth drawing: those that most of the runs have first. */
export function commonMetrics(runs: readonly Labelled<number>[], count: number): readonly string[] {
  const having = new Map(keysOf(runs).map((key) => [key, 0]));
  for (const { values } of runs) for (const key of values.keys()) having.set(key, (having.get(key) ?? 0) + 1);
  // Sorting keeps the order of equals.
  return [...having]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([key]) => key);
}
