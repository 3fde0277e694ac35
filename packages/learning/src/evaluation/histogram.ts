import type { Histogram } from '#/evaluation/evaluation.ts';

interface Series {
  readonly label: string;
  /** Whether a row is one of it. */
  readonly has: (row: number) => boolean;
}

/** Weights of rows by their values, in bins of the same width; the last takes in its upper edge. */
export function histogramOf(
  values: Float64Array,
  edges: Float64Array,
  series: readonly Series[],
  weights: Float64Array | undefined,
): Histogram {
  const bins = edges.length - 1;
  const [low, high] = [edges[0] as number, edges[bins] as number];
  const binOf = (value: number): number => Math.min(bins - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * bins)));
  return {
    edges: Array.from(edges),
    series: series.map(({ label, has }) => {
      const counts = new Float64Array(bins);
      values.forEach((value, row) => {
        if (!has(row)) return;
        const bin = binOf(value);
        counts[bin] = (counts[bin] as number) + (weights === undefined ? 1 : (weights[row] as number));
      });
      return { label, counts: Array.from(counts) };
    }),
  };
}

export const evenEdges = (low: number, high: number, bins: number): Float64Array =>
  Float64Array.from({ length: bins + 1 }, (_, at) => (at === bins ? high : low + ((high - low) * at) / bins));

/**
 * Edges for values in ascending order, as wide as Freedman and Diaconis (1981) say, 2 IQR / n^(1/3), in 5 to 40 bins. Values farther than
 * 5 IQR from the middle half of them are counted in the outermost bins: one of them would leave the rest a single bar.
 */
export function edgesFor(sorted: Float64Array): Float64Array {
  const at = (part: number): number => sorted[Math.round(part * (sorted.length - 1))] as number;
  const [lower, upper, least, most] = [at(0.25), at(0.75), at(0), at(1)];
  const middle = upper - lower;
  const low = middle > 0 ? Math.max(least, lower - 5 * middle) : least;
  const high = middle > 0 ? Math.min(most, upper + 5 * middle) : most;
  if (!(high > low)) return evenEdges(low - Math.max(0.5, Math.abs(low) * 1e-9), low + Math.max(0.5, Math.abs(low) * 1e-9), 1);
  const width = (2 * middle) / Math.cbrt(sorted.length);
  const bins = width > 0 ? Math.min(40, Math.max(5, Math.ceil((high - low) / width))) : 20;
  return evenEdges(low, high, bins);
}
