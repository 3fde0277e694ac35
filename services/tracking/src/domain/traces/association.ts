/** How much two filters find the same traces. */
export interface Association {
  /** Normalised pointwise mutual information: 1 always together, 0 by chance, -1 never. Undefined where a filter finds nothing. */
  readonly npmi: number | undefined;
  /** The same with half a trace added to each of the four cases, for small numbers. */
  readonly smoothed: number | undefined;
  readonly first: number;
  readonly second: number;
  readonly both: number;
  readonly total: number;
}

/** Jeffreys' prior. */
const PRIOR = 0.5;

/** Bouma: Normalized (Pointwise) Mutual Information in Collocation Extraction, 2009; the cases at the edges as MLflow has them. */
export function associationOf(counts: Pick<Association, 'first' | 'second' | 'both' | 'total'>): Association {
  const { first, second, both, total } = counts;
  const cells: Cells = [both, first - both, second - both, total - first - second + both];
  if (first === 0 || second === 0 || cells.some((cell) => cell < 0)) return { ...counts, npmi: undefined, smoothed: undefined };
  const alwaysTogether = both === total;
  return {
    ...counts,
    npmi: both === 0 ? -1 : alwaysTogether ? 1 : npmiOf(cells, 0),
    smoothed: alwaysTogether ? 1 : npmiOf(cells, PRIOR),
  };
}

type Cells = readonly [both: number, firstOnly: number, secondOnly: number, neither: number];

function npmiOf(cells: Cells, prior: number): number {
  const [both, firstOnly, secondOnly, neither] = cells.map((cell) => cell + prior) as unknown as Cells;
  const total = both + firstOnly + secondOnly + neither;
  const together = Math.log(both) + Math.log(total) - Math.log(both + firstOnly) - Math.log(both + secondOnly);
  const certainty = -(Math.log(both) - Math.log(total));
  return Math.max(-1, Math.min(1, together / certainty));
}
