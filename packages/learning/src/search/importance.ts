import { mixed } from '#/mixed.ts';
import { growRegions, type Region, type Sample } from '#/search/regions.ts';
import { placeOf, type Dimension, type Values } from '#/search/space.ts';
import { seededRandom } from '#/random.ts';

const TREES = 48;

/**
 * fANOVA (Hutter, Hoos and Leyton-Brown 2014): trees are fitted to the results, each a function that is constant in regions of the space; of its
 * variance over the whole space, every place being as likely as any other, the part that the mean over all other hyperparameters still has. The
 * mean over the trees, by the names.
 */
export function importanceOf(
  dimensions: readonly Dimension[],
  trials: readonly { readonly params: Values; readonly value: number }[],
  seed: number,
): Readonly<Record<string, number>> {
  if (trials.length < 4) return {};
  const mean = meanOf(trials.map(({ value }) => value));
  const deviation = Math.sqrt(meanOf(trials.map(({ value }) => (value - mean) ** 2)));
  if (!(deviation > 0 && deviation < Number.POSITIVE_INFINITY)) return {};
  const samples = trials.map(({ params, value }): Sample => ({
    places: dimensions.map((dimension) => normalized(dimension, params[dimension.name])),
    value: (value - mean) / deviation,
  }));
  const options = dimensions.map((dimension) => dimension.options);
  const random = seededRandom(mixed(seed, -1));
  const parts = new Float64Array(dimensions.length);
  let trees = 0;
  for (let tree = 0; tree < TREES; tree++) {
    const drawn = samples.map(() => samples[Math.floor(random() * samples.length)] as Sample);
    const regions = growRegions(drawn, options);
    const middle = regions.reduce((sum, region) => sum + volumeOf(region) * region.value, 0);
    const variance = regions.reduce((sum, region) => sum + volumeOf(region) * (region.value - middle) ** 2, 0);
    if (!(variance > 0)) continue;
    trees++;
    for (let dimension = 0; dimension < parts.length; dimension++) {
      parts[dimension] = (parts[dimension] as number) + variationAlone(regions, dimension, middle) / variance;
    }
  }
  if (trees === 0) return {};
  return Object.fromEntries(dimensions.map(({ name }, index) => [name, (parts[index] as number) / trees]));
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** From 0 to 1 for numbers; the index of a choice. */
function normalized(dimension: Dimension, value: unknown): number {
  const place = placeOf(dimension, value) ?? dimension.low;
  return dimension.options > 0
    ? place
    : dimension.high === dimension.low
      ? 0.5
      : (place - dimension.low) / (dimension.high - dimension.low);
}

const volumeOf = ({ sides }: Region): number => sides.reduce((volume, side) => volume * side.part, 1);

/** The variance of the mean over all dimensions but this. */
function variationAlone(regions: readonly Region[], dimension: number, mean: number): number {
  const edges = [...new Set(regions.flatMap(({ sides }) => sides[dimension]?.edges ?? []))].toSorted((a, b) => a - b);
  const means = new Float64Array(edges.length);
  const widths = new Float64Array(edges.length);
  const places = new Map(edges.map((edge, index) => [edge, index]));
  for (const region of regions) {
    const { part, edges: own, to } = region.sides[dimension] as Region['sides'][number];
    const rest = part > 0 ? volumeOf(region) / part : 0;
    if (to === undefined) {
      // A choice: each option that the region has.
      for (const option of own) addTo(means, places.get(option) as number, rest * region.value);
    } else {
      for (let cell = places.get(own[0] as number) as number; (edges[cell] as number) < to; cell++) addTo(means, cell, rest * region.value);
    }
  }
  const isChoice = regions[0]?.sides[dimension]?.to === undefined;
  edges.forEach((edge, cell) => (widths[cell] = isChoice ? 1 / edges.length : (edges[cell + 1] ?? 1) - edge));
  return means.reduce((sum, own, cell) => sum + (widths[cell] as number) * (own - mean) ** 2, 0);
}

function addTo(values: Float64Array, at: number, value: number): void {
  values[at] = (values[at] as number) + value;
}
