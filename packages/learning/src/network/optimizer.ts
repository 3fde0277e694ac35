/** Moves parameters by their gradient. Its state is arrays, so that it can be kept and gone on with. */
export interface Optimizer {
  /** What it remembers of each parameter. */
  readonly memory: readonly Float64Array[];
  step(parameters: Float64Array, gradient: Float64Array, rate: number, number: number): void;
}

/** Kingma and Ba 2015, algorithm 1, with the corrections of the moments put into the rate. */
export function adam(size: number, { beta1, beta2, epsilon }: { beta1: number; beta2: number; epsilon: number }): Optimizer {
  const means = new Float64Array(size);
  const squares = new Float64Array(size);
  return {
    memory: [means, squares],
    step(parameters, gradient, rate, number) {
      const corrected = (rate * Math.sqrt(1 - beta2 ** number)) / (1 - beta1 ** number);
      for (let at = 0; at < size; at++) {
        const slope = gradient[at] as number;
        const mean = beta1 * (means[at] as number) + (1 - beta1) * slope;
        const square = beta2 * (squares[at] as number) + (1 - beta2) * slope * slope;
        means[at] = mean;
        squares[at] = square;
        parameters[at] = (parameters[at] as number) - (corrected * mean) / (Math.sqrt(square) + epsilon);
      }
    },
  };
}

/** Gradient descent with momentum, looking ahead as Nesterov's where `nesterov` (Sutskever et al. 2013). */
export function descent(size: number, { momentum, nesterov }: { momentum: number; nesterov: boolean }): Optimizer {
  const velocities = new Float64Array(size);
  return {
    memory: [velocities],
    step(parameters, gradient, rate) {
      for (let at = 0; at < size; at++) {
        const move = rate * (gradient[at] as number);
        const velocity = momentum * (velocities[at] as number) - move;
        velocities[at] = velocity;
        parameters[at] = (parameters[at] as number) + (nesterov ? momentum * velocity - move : velocity);
      }
    },
  };
}
