import { drawNormal, normalMass } from '#/search/normal.ts';
import { placeOf, valueAt, type Dimension } from '#/search/space.ts';

/**
 * A density over some dimensions: a sum of kernels, one around each place that was seen and a wide one for what is known beforehand. Of numbers a
 * kernel is a normal distribution cut off at the ends of the range (of integers, its mass within half of each); of choices, the choice seen with
 * a little for all others. Widths and weights are those of Optuna's TPESampler.
 */
export class Parzen {
  readonly #dimensions: readonly Dimension[];
  /** By kernel, then by dimension; the last kernel is the wide one. */
  readonly #places: Float64Array;
  readonly #widths: Float64Array;
  /** Log of the part of each normal distribution that lies within the range. */
  readonly #masses: Float64Array;
  readonly #weights: Float64Array;
  readonly #kernels: number;

  /** `seen` in the order of time: of more than 25 the oldest count less. */
  constructor(dimensions: readonly Dimension[], seen: readonly Float64Array[]) {
    this.#dimensions = dimensions;
    this.#kernels = seen.length + 1;
    const width = dimensions.length;
    this.#places = new Float64Array(this.#kernels * width);
    seen.forEach((places, kernel) => this.#places.set(places, kernel * width));
    this.#widths = new Float64Array(this.#kernels * width);
    this.#masses = new Float64Array(this.#kernels * width);
    dimensions.forEach((dimension, index) => {
      if (dimension.options === 0) this.#widen(dimension, index);
    });
    this.#weights = weightsOf(this.#kernels);
  }

  #widen({ low, high }: Dimension, index: number): void {
    const width = this.#dimensions.length;
    const last = this.#kernels - 1;
    this.#places[last * width + index] = (low + high) / 2;
    const range = high - low;
    const gaps = this.#gaps(index, low, high);
    const least = range / Math.min(100, 1 + this.#kernels);
    for (let kernel = 0; kernel < this.#kernels; kernel++) {
      const at = kernel * width + index;
      const own = kernel === last ? range : Math.min(range, Math.max(least, gaps[kernel] as number));
      const place = this.#places[at] as number;
      this.#widths[at] = own;
      this.#masses[at] = range === 0 ? 0 : Math.log(normalMass((low - place) / own, (high - place) / own));
    }
  }

  /** As wide as the larger gap to the next place seen on either side; outermost ones only look inwards. */
  #gaps(index: number, low: number, high: number): Float64Array {
    const width = this.#dimensions.length;
    const placeAt = (kernel: number): number => this.#places[kernel * width + index] as number;
    const order = Array.from({ length: this.#kernels - 1 }, (_, kernel) => kernel).toSorted((a, b) => placeAt(a) - placeAt(b));
    const sorted = [low, ...order.map(placeAt), high];
    const result = new Float64Array(this.#kernels);
    order.forEach((kernel, at) => {
      const toLeft = (sorted[at + 1] as number) - (sorted[at] as number);
      const toRight = (sorted[at + 2] as number) - (sorted[at + 1] as number);
      const isFirst = at === 0 && order.length > 1;
      const isLast = at === order.length - 1 && order.length > 1;
      result[kernel] = isFirst ? toRight : isLast ? toLeft : Math.max(toLeft, toRight);
    });
    return result;
  }

  /** Places by chance, each that of a value that the dimension has. */
  draw(random: () => number): Float64Array {
    let rest = random();
    let kernel = 0;
    while (kernel < this.#kernels - 1 && rest >= (this.#weights[kernel] as number)) rest -= this.#weights[kernel++] as number;
    return Float64Array.from(this.#dimensions, (dimension, index) =>
      this.#drawOne(dimension, kernel * this.#dimensions.length + index, random),
    );
  }

  #drawOne(dimension: Dimension, at: number, random: () => number): number {
    const { low, high, options } = dimension;
    const place = this.#places[at] as number;
    if (options > 0) {
      // The wide kernel has no choice of its own.
      const isWide = at >= (this.#kernels - 1) * this.#dimensions.length;
      return !isWide && random() * (1 + (1 / this.#kernels) * options) < 1 ? place : Math.floor(random() * options);
    }
    const width = this.#widths[at] as number;
    let drawn = place;
    // At least a third of a kernel lies within the range.
    if (width > 0)
      do drawn = place + width * drawNormal(random);
      while (drawn < low || drawn > high);
    return placeOf(dimension, valueAt(dimension, drawn)) as number;
  }

  /** Of places that values of the dimensions have. */
  logDensity(places: Float64Array): number {
    const logs = new Float64Array(this.#kernels);
    let greatest = Number.NEGATIVE_INFINITY;
    for (let kernel = 0; kernel < this.#kernels; kernel++) {
      let log = Math.log(this.#weights[kernel] as number);
      for (let index = 0; index < this.#dimensions.length; index++) log += this.#logOne(kernel, index, places[index] as number);
      logs[kernel] = log;
      greatest = Math.max(greatest, log);
    }
    return greatest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - greatest), 0));
  }

  #logOne(kernel: number, index: number, place: number): number {
    const { options, range, low, high } = this.#dimensions[index] as Dimension;
    const at = kernel * this.#dimensions.length + index;
    const center = this.#places[at] as number;
    if (options > 0) {
      if (kernel === this.#kernels - 1) return -Math.log(options);
      const others = 1 / this.#kernels;
      return Math.log((center === place ? 1 + others : others) / (1 + others * options));
    }
    if (low === high) return 0;
    const width = this.#widths[at] as number;
    const mass = this.#masses[at] as number;
    if (range.kind !== 'int') return -0.5 * ((place - center) / width) ** 2 - Math.log(width * Math.sqrt(2 * Math.PI)) - mass;
    const value = range.log === true ? Math.round(Math.exp(place)) : place;
    const [from, to] = range.log === true ? [Math.log(value - 0.5), Math.log(value + 0.5)] : [value - 0.5, value + 0.5];
    return Math.log(Math.max(normalMass((from - center) / width, (to - center) / width), Number.MIN_VALUE)) - mass;
  }
}

/** The newest 25 count fully, older ones the less the older they are; the wide kernel as much as one of the newest. Of sum 1. */
function weightsOf(kernels: number): Float64Array {
  const seen = kernels - 1;
  const old = Math.max(0, seen - 25);
  const weights = new Float64Array(kernels).fill(1);
  for (let at = 0; at < old; at++) weights[at] = old === 1 ? 1 / seen : 1 / seen + (at / (old - 1)) * (1 - 1 / seen);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
