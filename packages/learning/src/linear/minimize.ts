/** A convex function of many variables, and its gradient, which it writes. */
export type Smooth = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  /** Of the amount of each variable, added to the function; 0 for most. */
  readonly l1: Float64Array;
  readonly maxIterations: number;
  /** It is done when no component of the (pseudo-)gradient is greater. */
  readonly tolerance: number;
  /** Told after each iteration, with a way to get all that it would go on with; false ends it. */
  readonly onIteration: (iteration: number, state: () => MinimizerState) => boolean;
  /** To go on from. */
  readonly resume?: MinimizerState | undefined;
}

export interface MinimizerState {
  readonly iteration: number;
  readonly value: number;
  /** Of the pairs that are remembered. */
  readonly curvatures: readonly number[];
  /** The variables, the gradient, then the steps and the changes of the gradient that are remembered. */
  readonly arrays: readonly Float64Array[];
}

export interface Minimum {
  readonly iterations: number;
  readonly isConverged: boolean;
}

/** Pairs of steps and changes of the gradient that are remembered. */
const MEMORY = 12;
const DECREASE = 1e-4;
const HALVINGS = 40;

/**
 * Moves `x` to the minimum of f(x) + Σ l1 |x|: L-BFGS (Liu and Nocedal 1989), and where `l1` is not 0 its orthant-wise form OWL-QN (Andrew and
 * Gao 2007), whose steps do not cross zero.
 */
export function minimize(f: Smooth, x: Float64Array, options: MinimizeOptions): Minimum {
  const { l1, maxIterations, tolerance, onIteration, resume } = options;
  const size = x.length;
  const hasL1 = l1.some((value) => value > 0);
  const memory = new Memory(size);
  const next = new Float64Array(size);
  const nextGradient = new Float64Array(size);
  const pseudo = new Float64Array(size);
  const direction = new Float64Array(size);
  const gradient = new Float64Array(size);
  let value: number;
  if (resume === undefined) value = f(x, gradient) + amounts(x, l1);
  else {
    [x, gradient].forEach((array, index) => array.set(resume.arrays[index] as Float64Array));
    memory.restore(resume);
    value = resume.value;
  }
  for (let iteration = resume?.iteration ?? 0; ; iteration++) {
    const steepest = pseudoGradient(pseudo, { x, gradient, l1 });
    if (steepest <= tolerance) return { iterations: iteration, isConverged: true };
    if (iteration === maxIterations) return { iterations: iteration, isConverged: false };
    memory.direction(pseudo, direction);
    if (hasL1) for (let at = 0; at < size; at++) if ((direction[at] as number) * (pseudo[at] as number) >= 0) direction[at] = 0;
    let step = iteration === 0 ? Math.min(1, 1 / Math.sqrt(dot(pseudo, pseudo))) : 1;
    let nextValue = Number.POSITIVE_INFINITY;
    let halvings = 0;
    for (; halvings < HALVINGS; halvings++, step /= 2) {
      const slope = move(next, step, { x, direction, pseudo, hasL1 });
      nextValue = f(next, nextGradient) + amounts(next, l1);
      // Near the minimum the function's own rounding hides the decrease.
      if (nextValue <= value + DECREASE * slope + 1e-15 * Math.abs(value)) break;
    }
    if (halvings === HALVINGS) {
      // What was remembered may mislead; the gradient itself does not, unless there is nothing left to gain.
      if (memory.isEmpty) return { iterations: iteration, isConverged: steepest <= 1000 * tolerance };
      memory.clear();
      continue;
    }
    memory.add(next, x, nextGradient, gradient);
    x.set(next);
    gradient.set(nextGradient);
    value = nextValue;
    const state = (): MinimizerState => ({ iteration: iteration + 1, value, ...memory.state([x, gradient]) });
    if (!onIteration(iteration + 1, state)) return { iterations: iteration + 1, isConverged: true };
  }
}

function amounts(x: Float64Array, l1: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < x.length; at++) sum += (l1[at] as number) * Math.abs(x[at] as number);
  return sum;
}

/** The least of the subgradients; its greatest component. */
function pseudoGradient(into: Float64Array, { x, gradient, l1 }: { x: Float64Array; gradient: Float64Array; l1: Float64Array }): number {
  let greatest = 0;
  for (let at = 0; at < x.length; at++) {
    const slope = gradient[at] as number;
    const bound = l1[at] as number;
    const sign = Math.sign(x[at] as number);
    const least = sign === 0 ? Math.sign(slope) * Math.max(0, Math.abs(slope) - bound) : slope + sign * bound;
    into[at] = least;
    greatest = Math.max(greatest, Math.abs(least));
  }
  return greatest;
}

interface Step {
  readonly x: Float64Array;
  readonly direction: Float64Array;
  readonly pseudo: Float64Array;
  readonly hasL1: boolean;
}

/** next = x + step · direction, where it does not cross zero; what the function should fall by for it. */
function move(next: Float64Array, step: number, { x, direction, pseudo, hasL1 }: Step): number {
  let slope = 0;
  for (let at = 0; at < x.length; at++) {
    const from = x[at] as number;
    let to = from + step * (direction[at] as number);
    if (hasL1 && to * (from === 0 ? -(pseudo[at] as number) : from) < 0) to = 0;
    next[at] = to;
    slope += (to - from) * (pseudo[at] as number);
  }
  return slope;
}

class Memory {
  readonly #steps: Float64Array[] = [];
  readonly #changes: Float64Array[] = [];
  readonly #curvatures: number[] = [];
  readonly #size: number;
  readonly #shares = new Float64Array(MEMORY);

  constructor(size: number) {
    this.#size = size;
  }

  get isEmpty(): boolean {
    return this.#steps.length === 0;
  }

  clear(): void {
    this.#steps.length = 0;
    this.#changes.length = 0;
    this.#curvatures.length = 0;
  }

  state(before: readonly Float64Array[]): Pick<MinimizerState, 'curvatures' | 'arrays'> {
    const arrays = [...before, ...this.#steps, ...this.#changes].map((array) => array.slice());
    return { curvatures: [...this.#curvatures], arrays };
  }

  restore({ curvatures, arrays }: MinimizerState): void {
    const count = curvatures.length;
    this.#curvatures.push(...curvatures);
    this.#steps.push(...arrays.slice(2, 2 + count).map((array) => array.slice()));
    this.#changes.push(...arrays.slice(2 + count).map((array) => array.slice()));
  }

  add(next: Float64Array, x: Float64Array, nextGradient: Float64Array, gradient: Float64Array): void {
    const isFull = this.#steps.length === MEMORY;
    const step = (isFull ? this.#steps.shift() : undefined) ?? new Float64Array(this.#size);
    const change = (isFull ? this.#changes.shift() : undefined) ?? new Float64Array(this.#size);
    if (isFull) this.#curvatures.shift();
    for (let at = 0; at < this.#size; at++) {
      step[at] = (next[at] as number) - (x[at] as number);
      change[at] = (nextGradient[at] as number) - (gradient[at] as number);
    }
    const curvature = dot(step, change);
    // Rounding can hide the curvature; such a pair would point anywhere.
    if (!(curvature > 1e-16 * Math.sqrt(dot(step, step) * dot(change, change)))) return;
    this.#steps.push(step);
    this.#changes.push(change);
    this.#curvatures.push(curvature);
  }

  /** −H · gradient by the two loops of Nocedal. */
  direction(gradient: Float64Array, into: Float64Array): void {
    for (let at = 0; at < gradient.length; at++) into[at] = -(gradient[at] as number);
    const last = this.#steps.length - 1;
    if (last < 0) return;
    for (let pair = last; pair >= 0; pair--) {
      const share = dot(this.#steps[pair] as Float64Array, into) / (this.#curvatures[pair] as number);
      this.#shares[pair] = share;
      addScaled(into, this.#changes[pair] as Float64Array, -share);
    }
    const change = this.#changes[last] as Float64Array;
    const scale = (this.#curvatures[last] as number) / dot(change, change);
    for (let at = 0; at < into.length; at++) into[at] = (into[at] as number) * scale;
    for (let pair = 0; pair <= last; pair++) {
      const share = dot(this.#changes[pair] as Float64Array, into) / (this.#curvatures[pair] as number);
      addScaled(into, this.#steps[pair] as Float64Array, (this.#shares[pair] as number) - share);
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return sum;
}

function addScaled(into: Float64Array, what: Float64Array, scale: number): void {
  for (let at = 0; at < into.length; at++) into[at] = (into[at] as number) + scale * (what[at] as number);
}
