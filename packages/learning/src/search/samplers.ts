import { mixed } from '#/mixed.ts';
import { Parzen } from '#/search/parzen.ts';
import { placeOf, randomPlace, valueAt, type Dimension, type Value, type Values } from '#/search/space.ts';
import type { SamplerSettings } from '#/search/settings.ts';
import { seededRandom } from '#/random.ts';

/** What a suggestion may depend on. */
export interface History {
  /** Trials that count, the best first. */
  readonly ranked: readonly Past[];
  /** Those that had begun and whose results may not be looked at. */
  readonly pending: readonly Past[];
}

export interface Past {
  readonly number: number;
  readonly params: Values;
}

export interface Suggestion {
  readonly seed: number;
  readonly number: number;
  readonly history: History;
}

export function suggest(dimensions: readonly Dimension[], settings: SamplerSettings, suggestion: Suggestion): Values {
  const random = seededRandom(mixed(suggestion.seed, suggestion.number));
  if (settings.kind === 'grid') return gridPoint(dimensions, settings.points, suggestion);
  if (settings.kind === 'random') return randomValues(dimensions, random);
  if (suggestion.number < settings.startup) return spreadValues(dimensions, settings.startup, suggestion);
  if (suggestion.history.ranked.length < settings.startup) return randomValues(dimensions, random);
  return tpe(dimensions, settings, suggestion.history, random);
}

const valuesOf = (dimensions: readonly Dimension[], places: ArrayLike<number>): Values =>
  Object.fromEntries(dimensions.map((dimension, index): [string, Value] => [dimension.name, valueAt(dimension, places[index] as number)]));

const randomValues = (dimensions: readonly Dimension[], random: () => number): Values =>
  valuesOf(
    dimensions,
    Float64Array.from(dimensions, (dimension) => randomPlace(dimension, random)),
  );

/**
 * One of `count` points of which each has a slice of every range for itself (Latin hypercube, McKay et al. 1979), so that the first trials have
 * seen something of everything.
 */
function spreadValues(dimensions: readonly Dimension[], count: number, { seed, number }: Suggestion): Values {
  const random = seededRandom(mixed(seed, number));
  const places = dimensions.map((dimension, index) => {
    const slice = shuffledIndex(number, count, mixed(seed, -2 - index));
    return randomPlace(dimension, () => (slice + random()) / count);
  });
  return valuesOf(dimensions, places);
}

/** Values of a dimension that a grid has: all where they are no more than `points`, else so many at equal distances. */
function gridValues(dimension: Dimension, points: number): readonly Value[] {
  const { range, low, high, options } = dimension;
  if (range.kind === 'choice') return range.options.slice(0, options);
  if (range.low === range.high) return [range.low];
  if (range.kind === 'int' && range.high - range.low < points)
    return Array.from({ length: range.high - range.low + 1 }, (_, at) => range.low + at);
  const [from, to] = [placeOf(dimension, range.low) ?? low, placeOf(dimension, range.high) ?? high];
  const values = Array.from({ length: points }, (_, at) =>
    valueAt(dimension, points === 1 ? (from + to) / 2 : from + ((to - from) * at) / (points - 1)),
  );
  return [...new Set(values)];
}

/** How many points a grid has. */
export const gridSize = (dimensions: readonly Dimension[], points: number): number =>
  dimensions.reduce((size, dimension) => size * gridValues(dimension, points).length, 1);

/** In an order of chance, so that a grid that is not gone through has looked everywhere; behind its end it begins anew. */
function gridPoint(dimensions: readonly Dimension[], points: number, { seed, number }: Suggestion): Values {
  const size = gridSize(dimensions, points);
  let rest = shuffledIndex(number % size, size, seed);
  return Object.fromEntries(
    dimensions.map((dimension): [string, Value] => {
      const values = gridValues(dimension, points);
      const value = values[rest % values.length] as Value;
      rest = Math.floor(rest / values.length);
      return [dimension.name, value];
    }),
  );
}

/** The place of an index in an order of chance, without writing the order down: a Feistel cipher of four rounds, walked until it is within `size`. */
function shuffledIndex(index: number, size: number, seed: number): number {
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(2, size)) / 2));
  const half = 2 ** bits;
  let place = index;
  do {
    let left = Math.floor(place / half);
    let right = place % half;
    for (let round = 0; round < 4; round++) [left, right] = [right, (left + (mixed(mixed(seed, round), right) % half)) % half];
    place = left * half + right;
  } while (place >= size);
  return place;
}

type TpeSettings = Extract<SamplerSettings, { kind: 'tpe' }>;

/**
 * Tree-structured Parzen estimator (Bergstra et al. 2011): of candidates drawn where the best tenth of the trials lie, the one where these lie most
 * densely in comparison with all others. Trials that still run count among the others, so that parallel ones do not all go to the same place
 * ("constant liar"). What has been tried already is not tried again while there is anything else among the candidates.
 */
function tpe(dimensions: readonly Dimension[], settings: TpeSettings, { ranked, pending }: History, random: () => number): Values {
  const good = Math.min(25, Math.ceil(0.1 * ranked.length));
  const inTime = (trials: readonly Past[]): readonly Past[] => trials.toSorted((a, b) => a.number - b.number);
  const [best, others] = [inTime(ranked.slice(0, good)), inTime([...ranked.slice(good), ...pending])];
  const tried = new Set([...ranked, ...pending].map(({ params }) => keyOf(dimensions, params)));
  const groups = settings.multivariate ? [dimensions] : dimensions.map((dimension) => [dimension]);
  const drawn = groups.map((group) => candidatesOf(group, { best, others, count: settings.candidates }, random));
  const places = drawn.map(([first]) => first?.places ?? new Float64Array()).flatMap((group) => Array.from(group));
  const untried = settings.multivariate
    ? drawn[0]?.find((candidate) => !tried.has(keyOf(dimensions, valuesOf(dimensions, candidate.places))))
    : undefined;
  return valuesOf(dimensions, withOtherChoice(dimensions, untried?.places ?? places, random));
}

/** Of ten trials about one. */
const OTHER_CHOICE = 0.1;

/**
 * Now and then, another option of one choice, all else being as good as is known. An option that was unlucky in the first trials would hardly be
 * tried again: without it a third of the studies of compat/learning/search stay with the wrong one.
 */
function withOtherChoice(dimensions: readonly Dimension[], places: ArrayLike<number>, random: () => number): ArrayLike<number> {
  const choices = Array.from(dimensions.keys()).filter((index) => (dimensions[index] as Dimension).options > 1);
  const chosen = choices[Math.floor((random() * choices.length) / OTHER_CHOICE)];
  if (chosen === undefined) return places;
  const { options } = dimensions[chosen] as Dimension;
  const other = (place: number): number => (place + 1 + Math.floor(random() * (options - 1))) % options;
  return Array.from(places, (place, index) => (index === chosen ? other(place) : place));
}

/** The best first. */
function candidatesOf(
  group: readonly Dimension[],
  { best, others, count }: { best: readonly Past[]; others: readonly Past[]; count: number },
  random: () => number,
): readonly { places: Float64Array; score: number }[] {
  const [good, bad] = [new Parzen(group, placesOf(group, best)), new Parzen(group, placesOf(group, others))];
  return Array.from({ length: count }, () => {
    const places = good.draw(random);
    return { places, score: good.logDensity(places) - bad.logDensity(places) };
  }).toSorted((a, b) => b.score - a.score);
}

const placesOf = (group: readonly Dimension[], trials: readonly Past[]): readonly Float64Array[] =>
  trials.map(({ params }) => Float64Array.from(group, (dimension) => placeOf(dimension, params[dimension.name]) ?? 0));

const keyOf = (dimensions: readonly Dimension[], params: Values): string => JSON.stringify(dimensions.map(({ name }) => params[name]));
