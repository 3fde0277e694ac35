export interface Sample {
  /** From 0 to 1, or the index of a choice. */
  readonly places: readonly number[];
  readonly value: number;
}

/** What a region has of a dimension. */
export interface Side {
  /** Of numbers where it begins; of a choice the options that it has. */
  readonly edges: readonly number[];
  /** Of numbers where it ends; undefined of a choice. */
  readonly to: number | undefined;
  /** Its part of the whole dimension. */
  readonly part: number;
}

/** A part of the space, and what a tree says there. */
export interface Region {
  readonly sides: readonly Side[];
  readonly value: number;
}

interface Cut {
  readonly dimension: number;
  readonly gain: number;
  readonly below: Side;
  readonly above: Side;
}

/** A regression tree, grown until nothing differs: the regions of its leaves, which fill the space. `options` by dimension, 0 for numbers. */
export function growRegions(samples: readonly Sample[], options: readonly number[]): readonly Region[] {
  const whole = options.map((count): Side =>
    count === 0 ? { edges: [0], to: 1, part: 1 } : { edges: Array.from({ length: count }, (_, at) => at), to: undefined, part: 1 },
  );
  const regions: Region[] = [];
  const open: { samples: readonly Sample[]; sides: readonly Side[] }[] = [{ samples, sides: whole }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const cut = bestCut(next.samples, next.sides, options);
    if (cut === undefined) {
      regions.push({ sides: next.sides, value: meanOf(next.samples) });
      continue;
    }
    for (const side of [cut.below, cut.above]) {
      open.push({
        samples: next.samples.filter(({ places }) => lies(places[cut.dimension] as number, side)),
        sides: next.sides.with(cut.dimension, side),
      });
    }
  }
  return regions;
}

const meanOf = (samples: readonly Sample[]): number => samples.reduce((sum, { value }) => sum + value, 0) / samples.length;

const lies = (place: number, { edges, to }: Side): boolean =>
  to === undefined ? edges.includes(place) : place >= (edges[0] as number) && (place < to || to === 1);

function bestCut(samples: readonly Sample[], sides: readonly Side[], options: readonly number[]): Cut | undefined {
  if (samples.length < 2) return undefined;
  let best: Cut | undefined;
  for (let dimension = 0; dimension < sides.length; dimension++) {
    const side = sides[dimension] as Side;
    const cut = (options[dimension] === 0 ? cutNumbers : cutChoice)(samples, dimension, side, options[dimension] as number);
    if (cut !== undefined && cut.gain > (best?.gain ?? 1e-12)) best = cut;
  }
  return best;
}

/** Between two places, where it leaves the least squared error. */
function cutNumbers(samples: readonly Sample[], dimension: number, side: Side): Cut | undefined {
  const sorted = samples.toSorted((a, b) => (a.places[dimension] as number) - (b.places[dimension] as number));
  const found = bestSplit(
    sorted.map(({ value }) => [value, 1]),
    (at) => (sorted[at - 1] as Sample).places[dimension] !== (sorted[at] as Sample).places[dimension],
  );
  if (found === undefined) return undefined;
  const [lower, upper] = [
    (sorted[found.at - 1] as Sample).places[dimension] as number,
    (sorted[found.at] as Sample).places[dimension] as number,
  ];
  const edge = Math.max(lower + (upper - lower) / 2, Math.min(upper, lower + Number.EPSILON));
  const [from, to] = [side.edges[0] as number, side.to as number];
  return {
    dimension,
    gain: found.gain,
    below: { edges: [from], to: edge, part: edge - from },
    above: { edges: [edge], to, part: to - edge },
  };
}

/** Options in the order of their means: the best two groups are neighbours there (Fisher 1958). */
function cutChoice(samples: readonly Sample[], dimension: number, { edges }: Side, options: number): Cut | undefined {
  const sums = edges.map((option): { option: number; sum: number; count: number } => {
    const own = samples.filter(({ places }) => places[dimension] === option);
    return { option, sum: own.reduce((sum, { value }) => sum + value, 0), count: own.length };
  });
  const seen = sums.filter(({ count }) => count > 0).toSorted((a, b) => a.sum / a.count - b.sum / b.count);
  const found = bestSplit(
    seen.map(({ sum, count }) => [sum, count]),
    () => true,
  );
  if (found === undefined) return undefined;
  const below = seen.slice(0, found.at).map(({ option }) => option);
  // Options that nobody tried go with those above.
  const above = edges.filter((option) => !below.includes(option));
  const sideOf = (own: readonly number[]): Side => ({ edges: own, to: undefined, part: own.length / options });
  return { dimension, gain: found.gain, below: sideOf(below), above: sideOf(above) };
}

/** Of sums and counts in order: where to part them, and by how much the squared error falls. */
function bestSplit(
  parts: readonly (readonly [sum: number, count: number])[],
  mayPart: (at: number) => boolean,
): { at: number; gain: number } | undefined {
  let [sum, count] = [0, 0];
  for (const [own, size] of parts) [sum, count] = [sum + own, count + size];
  const mean = sum / count;
  let best: { at: number; gain: number } | undefined;
  let [left, size] = [0, 0];
  for (let at = 1; at < parts.length; at++) {
    const [own, more] = parts[at - 1] as readonly [number, number];
    left += own - mean * more;
    size += more;
    // Of differences from the mean, which sum up to 0: left² / size on the one side, and the same left² on the other.
    const gain = (left * left) / size + (left * left) / (count - size);
    if (gain > (best?.gain ?? 0) && mayPart(at)) best = { at, gain };
  }
  return best;
}
