import { AppError } from '@mlab/kernel/errors';
import { pack, unpack } from '#/arrays/pack.ts';
import { mixed } from '#/mixed.ts';
import { lossAndSlopes, scaleOf, type Rows, type Scale } from '#/network/losses.ts';
import type { MlpParams } from '#/network/mlp-params.ts';
import { initialParameters, Network, type Shape } from '#/network/network.ts';
import { adam, descent, type Optimizer } from '#/network/optimizer.ts';
import { seededRandom } from '#/random.ts';
import type { TrainerContext } from '#/trainer.ts';

interface Surroundings {
  readonly context: TrainerContext;
  readonly validation: Rows | undefined;
}

/** What an epoch leaves for the next, besides arrays. */
interface Progress {
  /** All chance of an epoch comes from this and its number, so that one that is gone on with is the same. */
  readonly seed: number;
  epoch: number;
  steps: number;
  rate: number;
  best: number;
  /** Epochs since the best. */
  stalled: number;
}

/** A network while it learns. */
export class Learning {
  readonly scale: Scale;
  readonly #network: Network;
  readonly #rows: Rows;
  readonly #params: MlpParams;
  readonly #surroundings: Surroundings;
  readonly #optimizer: Optimizer;
  readonly #parameters: Float64Array;
  readonly #best: Float64Array;
  readonly #gradient: Float64Array;
  readonly #order: Int32Array;
  readonly #progress: Progress;
  readonly #batch: number;

  constructor(shape: Shape, rows: Rows, params: MlpParams, surroundings: Surroundings) {
    this.#rows = rows;
    this.#params = params;
    this.#surroundings = surroundings;
    this.#batch = Math.min(params.batch_size, rows.target.length);
    refuseTooLarge(shape, this.#batch);
    this.#network = new Network(shape, Math.max(this.#batch, 64), 2);
    this.scale = shape.head === 'identity' ? scaleOf(rows) : { mean: 0, deviation: 1 };
    const { random, resume } = surroundings.context;
    this.#progress = {
      seed: Math.floor(random() * 2 ** 32),
      epoch: 0,
      steps: 0,
      rate: params.learning_rate_init,
      best: Number.MAX_VALUE,
      stalled: 0,
    };
    this.#parameters = this.#network.newParameters(initialParameters(shape, seededRandom(this.#progress.seed)));
    const size = this.#parameters.length;
    this.#best = this.#parameters.slice();
    this.#gradient = this.#network.newParameters();
    this.#order = Int32Array.from(rows.target, (_, row) => row);
    this.#optimizer =
      params.solver === 'adam'
        ? adam(size, { beta1: params.beta_1, beta2: params.beta_2, epsilon: params.epsilon })
        : descent(size, { momentum: params.momentum, nesterov: params.nesterovs_momentum });
    if (resume !== undefined) this.#restore(resume);
  }

  run(): { parameters: Float64Array; epochs: number; warnings: readonly string[] } {
    const { max_iter: of, n_iter_no_change: patience, learning_rate: schedule } = this.#params;
    const { context, validation } = this.#surroundings;
    const progress = this.#progress;
    const stopsByValidation = validation !== undefined && this.#params.early_stopping;
    const warnings: string[] = [];
    let goesOn = progress.stalled < patience;
    while (goesOn && progress.epoch < of) {
      progress.epoch++;
      if (schedule === 'cosine')
        progress.rate = (this.#params.learning_rate_init * (1 + Math.cos((Math.PI * (progress.epoch - 1)) / of))) / 2;
      const loss = this.#epoch();
      const metrics: Record<string, number> = { train_loss: loss };
      if (validation !== undefined) metrics['validation_loss'] = this.#lossOf(validation);
      const watched = stopsByValidation ? (metrics['validation_loss'] as number) : loss;
      if (!Number.isFinite(watched)) {
        warnings.push(
          `The loss became infinite in epoch ${progress.epoch}; a smaller learning_rate_init keeps it from that. The best weights before it are kept.`,
        );
        this.#parameters.set(this.#best);
        break;
      }
      this.#judge(watched, stopsByValidation);
      const iteration = { number: progress.epoch, of, metrics };
      goesOn = progress.stalled < patience;
      if (context.onIteration !== undefined && !context.onIteration(iteration)) goesOn = false;
      if (goesOn) context.onCheckpoint?.(progress.epoch, () => this.#state());
    }
    if (stopsByValidation) this.#parameters.set(this.#best);
    return { parameters: this.#parameters, epochs: progress.epoch, warnings };
  }

  /** Whether it was a gain, and what follows from it for the rate. */
  #judge(loss: number, stopsByValidation: boolean): void {
    const progress = this.#progress;
    const isGain = loss < progress.best - this.#params.tol;
    // The best weights are kept also where the gain is too small to go on for.
    if (loss < progress.best) {
      progress.best = loss;
      if (stopsByValidation || isGain) this.#best.set(this.#parameters);
    }
    progress.stalled = isGain ? 0 : progress.stalled + 1;
    const half = Math.max(1, Math.floor(this.#params.n_iter_no_change / 2));
    if (this.#params.learning_rate === 'adaptive' && progress.stalled > 0 && progress.stalled % half === 0) progress.rate /= 5;
  }

  /** Once over all rows, in an order of chance; the mean loss on the way. */
  #epoch(): number {
    const { target, weights } = this.#rows;
    const random = seededRandom(mixed(this.#progress.seed, this.#progress.epoch));
    const rows = target.length;
    for (let at = rows - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1));
      const row = this.#order[at] as number;
      this.#order[at] = this.#order[other] as number;
      this.#order[other] = row;
    }
    const dropout = { rate: this.#params.dropout, random };
    let loss = 0;
    let weight = 0;
    for (let from = 0; from < rows; from += this.#batch) {
      const count = Math.min(this.#batch, rows - from);
      let batchWeight = 0;
      for (let row = 0; row < count; row++) batchWeight += weights[this.#order[from + row] as number] as number;
      if (batchWeight === 0) continue;
      this.#gather(from, count);
      this.#network.forwardForTraining(this.#parameters, count, dropout);
      const sum = lossAndSlopes(this.#network, this.#rows, { order: this.#order, from, count, scale: this.scale, divisor: batchWeight });
      loss += sum;
      weight += batchWeight;
      this.#gradient.fill(0);
      this.#network.backward(this.#parameters, this.#gradient, count);
      this.#penalize(count);
      this.#progress.steps++;
      this.#optimizer.step(this.#parameters, this.#gradient, this.#progress.rate, this.#progress.steps);
    }
    return loss / weight;
  }

  #gather(from: number, count: number): void {
    const { inputs, shape } = this.#network;
    const width = shape.sizes[0] as number;
    const { x } = this.#rows;
    for (let row = 0, to = 0; row < count; row++) {
      const at = (this.#order[from + row] as number) * width;
      for (let column = 0; column < width; column++, to++) inputs[to] = x[at + column] as number;
    }
  }

  #penalize(rows: number): void {
    const cost = this.#params.alpha / rows;
    if (cost === 0) return;
    for (const { weights, biases } of this.#network.places) {
      for (let at = weights; at < biases; at++)
        this.#gradient[at] = (this.#gradient[at] as number) + cost * (this.#parameters[at] as number);
    }
  }

  #lossOf(rows: Rows): number {
    const { capacity, shape } = this.#network;
    const width = shape.sizes[0] as number;
    const order = Int32Array.from(rows.target, (_, row) => row);
    let loss = 0;
    for (let from = 0; from < order.length; from += capacity) {
      const count = Math.min(capacity, order.length - from);
      this.#network.inputs.set(rows.x.subarray(from * width, (from + count) * width));
      this.#network.forward(this.#parameters, count);
      loss += lossAndSlopes(this.#network, rows, { order, from, count, scale: this.scale, divisor: 1 });
    }
    return loss / rows.weights.reduce((sum, weight) => sum + weight, 0);
  }

  #state(): Uint8Array {
    return pack(this.#progress, [this.#parameters, this.#best, ...this.#optimizer.memory, Float64Array.from(this.#order)]);
  }

  #restore(bytes: Uint8Array): void {
    const state = unpack(bytes);
    const into = [this.#parameters, this.#best, ...this.#optimizer.memory];
    const order = state?.arrays.at(-1);
    const fits =
      state?.arrays.length === into.length + 1 &&
      into.every((array, index) => array.length === state.arrays[index]?.length) &&
      order?.length === this.#order.length;
    if (state === undefined || order === undefined || !fits)
      throw new AppError('invalid', 'The checkpoint is not one of this network and these rows.');
    into.forEach((array, index) => array.set(state.arrays[index] as Float64Array));
    this.#order.set(order);
    Object.assign(this.#progress, state.header);
  }
}

/** 2 GiB. */
const MOST_DOUBLES = 2 ** 28;

function refuseTooLarge({ sizes }: Shape, batch: number): void {
  const units = sizes.reduce((sum, size) => sum + size, 0);
  // Parameters, the best of them, their gradient, what an optimizer remembers, and weights with rows and columns exchanged.
  const doubles = 3 * units * batch + 6 * sizes.slice(1).reduce((sum, outputs, layer) => sum + ((sizes[layer] as number) + 1) * outputs, 0);
  if (doubles <= MOST_DOUBLES) return;
  const gigabytes = (doubles / 2 ** 27).toFixed(1);
  throw new AppError(
    'invalid',
    `A network of ${sizes.join('-')} units with batches of ${batch} rows takes ${gigabytes} GiB; a smaller mlp.batch_size or mlp.hidden_layer_sizes takes less.`,
  );
}
