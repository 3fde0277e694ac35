import { Arena } from '#/arrays/arena.ts';
import { addProduct, byRows, transposed } from '#/arrays/multiply.ts';
import { logistic, softmax } from '#/linear/linear-model.ts';

export type HiddenActivation = 'relu' | 'tanh' | 'logistic';
/** What the last layer's sums are made of the answer by: of two classes, of several, of a value. */
export type Head = 'logistic' | 'softmax' | 'identity';

export interface Shape {
  /** Of the inputs, the hidden layers and the outputs. */
  readonly sizes: readonly number[];
  readonly activation: HiddenActivation;
  readonly head: Head;
}

/** Where the weights (a row for each input) and the biases of a layer stand in one array of all parameters. */
export interface LayerPlace {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
  readonly biases: number;
}

export function placesOf(sizes: readonly number[]): readonly LayerPlace[] {
  let at = 0;
  return sizes.slice(1).map((outputs, layer) => {
    const inputs = sizes[layer] as number;
    const place = { inputs, outputs, weights: at, biases: at + inputs * outputs };
    at += (inputs + 1) * outputs;
    return place;
  });
}

/** Weights and biases uniform within √(6 / (inputs + outputs)) (Glorot and Bengio 2010), of the logistic function within √(2 / …), as scikit-learn's. */
export function initialParameters({ sizes, activation }: Shape, random: () => number): Float64Array {
  const places = placesOf(sizes);
  const parameters = new Float64Array(places.reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0));
  for (const { inputs, outputs, weights } of places) {
    const bound = Math.sqrt((activation === 'logistic' ? 2 : 6) / (inputs + outputs));
    for (let at = weights; at < weights + (inputs + 1) * outputs; at++) parameters[at] = bound * (2 * random() - 1);
  }
  return parameters;
}

/** Computes a network for up to `capacity` rows at a time, in buffers made once. */
export class Network {
  readonly shape: Shape;
  readonly places: readonly LayerPlace[];
  readonly capacity: number;
  /** Of each layer, the inputs being the first; row after row. */
  readonly #values: readonly Float64Array[];
  /** How much each hidden value changes with its sum; 0 where it was dropped. */
  readonly #slopes: readonly Float64Array[];
  readonly #deltas: readonly Float64Array[];
  /** Of each layer, its weights with rows and columns exchanged. */
  readonly #exchanged: readonly Float64Array[];
  readonly #arena: Arena;

  /** With room for `arrays` arrays as large as its parameters. */
  constructor(shape: Shape, capacity: number, arrays = 1) {
    this.shape = shape;
    this.places = placesOf(shape.sizes);
    this.capacity = capacity;
    const units = shape.sizes.reduce((sum, size) => sum + size, 0);
    this.#arena = new Arena(3 * units * capacity + (arrays + 1) * this.size);
    const buffers = (): Float64Array[] => shape.sizes.map((size) => this.#arena.doubles(size * capacity));
    this.#values = buffers();
    this.#slopes = buffers();
    this.#deltas = buffers();
    this.#exchanged = this.places.map(({ inputs, outputs }) => this.#arena.doubles(inputs * outputs));
  }

  /** How many parameters it has. */
  get size(): number {
    return this.places.reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0);
  }

  /** An array like that of its parameters, which lies where it computes fast. */
  newParameters(values?: Float64Array): Float64Array {
    const array = this.#arena.doubles(this.size);
    if (values !== undefined) array.set(values);
    return array;
  }

  /** For the rows to be computed, row after row. */
  get inputs(): Float64Array {
    return this.#values[0] as Float64Array;
  }

  /** What the last call of `forward` answered; for `backward`, to be overwritten with the slope of the loss by the last sums. */
  get outputs(): Float64Array {
    return this.#values.at(-1) as Float64Array;
  }

  /**
   * The answers for `rows` rows, with parameters of doubles; rounded to float32 after each step, as a graph of floats computes, where
   * `isRounded`. Probabilities of a softmax are in `outputs`; a logistic head gives that of the second class.
   */
  forward(parameters: Float64Array, rows: number, isRounded = false): void {
    this.#forward(parameters, rows, isRounded, undefined);
  }

  /** The same for training: each hidden value is dropped with this probability, and the others are made larger for it. */
  forwardForTraining(parameters: Float64Array, rows: number, dropout: { readonly rate: number; readonly random: () => number }): void {
    this.#forward(parameters, rows, false, dropout);
  }

  #forward(parameters: Float64Array, rows: number, isRounded: boolean, dropout: { rate: number; random: () => number } | undefined): void {
    const last = this.places.length - 1;
    this.places.forEach(({ inputs, outputs, weights, biases }, layer) => {
      const values = this.#values[layer + 1] as Float64Array;
      const count = rows * outputs;
      for (let row = 0, at = 0; row < rows; row++)
        for (let output = 0; output < outputs; output++, at++) values[at] = parameters[biases + output] as number;
      const x = byRows(this.#values[layer] as Float64Array, inputs);
      addProduct(byRows(values, outputs), x, byRows(parameters, outputs, weights), { rows, inner: inputs, columns: outputs });
      if (isRounded) round(values, count);
      if (layer === last) this.#answer(values, rows, outputs);
      else activate(this.shape.activation, values, dropout === undefined ? undefined : this.#slopes[layer + 1], count);
      if (isRounded) round(values, count);
      if (layer < last && dropout !== undefined && dropout.rate > 0) drop(values, this.#slopes[layer + 1] as Float64Array, count, dropout);
    });
  }

  #answer(values: Float64Array, rows: number, outputs: number): void {
    const { head } = this.shape;
    if (head === 'softmax') for (let row = 0; row < rows; row++) softmax(values, row * outputs, (row + 1) * outputs);
    else if (head === 'logistic') for (let row = 0; row < rows; row++) values[row] = logistic(values[row] as number);
  }

  /** Adds the gradient of the loss; `outputs` has its slopes by the last sums. */
  backward(parameters: Float64Array, gradient: Float64Array, rows: number): void {
    let delta = this.outputs;
    for (let layer = this.places.length - 1; layer >= 0; layer--) {
      const { inputs, outputs, weights, biases } = this.places[layer] as LayerPlace;
      const x = byRows(this.#values[layer] as Float64Array, inputs);
      const d = byRows(delta, outputs);
      addProduct(byRows(gradient, outputs, weights), transposed(x), d, { rows: inputs, inner: rows, columns: outputs });
      for (let row = 0, at = 0; row < rows; row++) {
        for (let output = 0; output < outputs; output++, at++)
          gradient[biases + output] = (gradient[biases + output] as number) + (delta[at] as number);
      }
      if (layer === 0) return;
      const before = this.#deltas[layer] as Float64Array;
      before.fill(0, 0, rows * inputs);
      const exchanged = this.#exchanged[layer] as Float64Array;
      for (let input = 0, at = weights; input < inputs; input++) {
        for (let output = 0; output < outputs; output++, at++) exchanged[output * inputs + input] = parameters[at] as number;
      }
      addProduct(byRows(before, inputs), d, byRows(exchanged, inputs), { rows, inner: outputs, columns: inputs });
      const slopes = this.#slopes[layer] as Float64Array;
      for (let at = 0; at < rows * inputs; at++) before[at] = (before[at] as number) * (slopes[at] as number);
      delta = before;
    }
  }
}

function round(values: Float64Array, count: number): void {
  for (let at = 0; at < count; at++) values[at] = Math.fround(values[at] as number);
}

function activate(activation: HiddenActivation, values: Float64Array, slopes: Float64Array | undefined, count: number): void {
  if (activation === 'relu') {
    for (let at = 0; at < count; at++) if (!((values[at] as number) > 0)) values[at] = 0;
    if (slopes !== undefined) for (let at = 0; at < count; at++) slopes[at] = Number((values[at] as number) > 0);
  } else if (activation === 'tanh') {
    for (let at = 0; at < count; at++) values[at] = Math.tanh(values[at] as number);
    if (slopes !== undefined) for (let at = 0; at < count; at++) slopes[at] = 1 - (values[at] as number) ** 2;
  } else {
    for (let at = 0; at < count; at++) values[at] = logistic(values[at] as number);
    if (slopes !== undefined) for (let at = 0; at < count; at++) slopes[at] = (values[at] as number) * (1 - (values[at] as number));
  }
}

/** Inverted dropout (Srivastava et al. 2014): what stays is made larger, so that nothing changes where nothing is dropped. */
function drop(values: Float64Array, slopes: Float64Array, count: number, { rate, random }: { rate: number; random: () => number }): void {
  const scale = 1 / (1 - rate);
  for (let at = 0; at < count; at++) {
    const factor = random() < rate ? 0 : scale;
    values[at] = (values[at] as number) * factor;
    slopes[at] = (slopes[at] as number) * factor;
  }
}
