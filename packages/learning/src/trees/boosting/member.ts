import { splitFinder } from '#/trees/boosting/find-split.ts';
import { BIN_BYTES, FOUND, viewsOf, type Job } from '#/trees/boosting/job.ts';
import type { Candidate } from '#/trees/boosting/leaf-value.ts';
import { countBitOf } from '#/trees/boosting/quantise.ts';
import { openKernels } from '#/trees/kernels/kernels.ts';
import { openObjective } from '#/trees/objectives/open-objective.ts';

/*
 * What each thread does of the work that all do together. A column is looked at by whoever takes it first: what is found in it is the same
 * whoever that is, and stands in a place of its own.
 */

export const COMMAND = { gradients: 0, splits: 1 } as const;

/** Words of `control`. Behind `leaves` stand two leaves of `LEAF_WORDS` words each. */
export const CONTROL = { next: 0, output: 1, isWhole: 2, leaves: 4 } as const;
export const LEAF_WORDS = 4;
/** Of a leaf: where its rows begin, how many there are, the slot of its histogram, what is to be done with it. */
export const LEAF = { from: 0, count: 1, slot: 2, work: 3 } as const;
/** What is to be done with a leaf, as bits. */
export const WORK = { build: 1, subtract: 2, find: 4 } as const;

/** Doubles of `numbers`. Behind `leaves` stand two leaves of `LEAF_NUMBERS` each: gradient, hessian, lowest, highest. */
export const NUMBERS = { gradientScale: 0, hessianScale: 1, leaves: 4 } as const;
export const LEAF_NUMBERS = 4;

interface Leaf extends Candidate {
  readonly from: number;
  readonly slot: number;
  readonly work: number;
  /** Where its gradients stand in order. */
  readonly ordered: number;
}

/** Takes part in a job as one of its threads: what comes back does this thread's share of a command. */
export function join(job: Job, member: number): (command: number) => void {
  const { layout, columns, settings } = job;
  const { rows, members, starts } = layout;
  const views = viewsOf(job);
  const { control, numbers, used } = views;
  const kernels = openKernels(job.memory);
  const objective = openObjective(job.objective);
  const isConstrained = columns.some(({ monotone }) => monotone !== 0);
  const find = splitFinder(views, settings, isConstrained);
  const countBit = countBitOf(rows);
  const slotBins = starts.at(-1) ?? 0;

  return (command) => (command === COMMAND.gradients ? writeGradients() : lookForSplits());

  function writeGradients(): void {
    const scales = { gradient: numbers[NUMBERS.gradientScale] as number, hessian: numbers[NUMBERS.hessianScale] as number };
    const from = Math.floor((rows * member) / members);
    const to = Math.floor((rows * (member + 1)) / members);
    objective.write(views, { from, to, scales }, views.gradients);
  }

  function lookForSplits(): void {
    const first = leafAt(0, layout.ordered + member * rows * 8);
    const leaves = [first, leafAt(1, first.ordered + first.rows * 8)];
    const reading = {
      countBit,
      gradientUnit: 1 / (numbers[NUMBERS.gradientScale] as number),
      hessianUnit: 1 / (numbers[NUMBERS.hessianScale] as number),
    };
    const gradients = layout.gradients + (control[CONTROL.output] as number) * rows * 8;
    const isWhole = control[CONTROL.isWhole] === 1;
    for (const { work, from, rows: count, ordered } of leaves) {
      if ((work & WORK.build) !== 0 && !isWhole) kernels.gather(layout.order + from * 4, count, gradients, ordered);
    }
    for (let column = Atomics.add(control, CONTROL.next, 1); column < columns.length; column = Atomics.add(control, CONTROL.next, 1)) {
      if (used[column] !== 1) continue;
      leaves.forEach((leaf, index) => {
        if ((leaf.work & WORK.build) !== 0) build(leaf, column, isWhole ? gradients : undefined);
        if ((leaf.work & WORK.subtract) !== 0) {
          kernels.subtract(histogramOf(leaf, column), histogramOf(first, column), binsOf(column));
        }
        if ((leaf.work & WORK.find) === 0) return;
        const place = { histogram: (histogramOf(leaf, column) - layout.histograms) / 4, reading, found: (column * 2 + index) * FOUND };
        find(leaf, columns[column] as Job['columns'][number], place);
      });
    }
  }

  function build({ slot, from, rows: count, ordered }: Leaf, column: number, whole: number | undefined): void {
    const histogram = histogramOf({ slot }, column);
    const word = (histogram - layout.histograms) / 4;
    views.histograms.fill(0, word, word + binsOf(column) * 4);
    const bins = layout.bins + column * rows;
    if (whole === undefined) kernels.build(layout.order + from * 4, count, ordered, bins, histogram, countBit);
    else kernels.buildAll(rows, whole, bins, histogram, countBit);
  }

  function leafAt(index: number, ordered: number): Leaf {
    const at = CONTROL.leaves + index * LEAF_WORDS;
    const number = NUMBERS.leaves + index * LEAF_NUMBERS;
    return {
      from: control[at + LEAF.from] as number,
      rows: control[at + LEAF.count] as number,
      slot: control[at + LEAF.slot] as number,
      work: control[at + LEAF.work] as number,
      gradient: numbers[number] as number,
      hessian: numbers[number + 1] as number,
      lowest: numbers[number + 2] as number,
      highest: numbers[number + 3] as number,
      ordered,
    };
  }

  function binsOf(column: number): number {
    return (starts[column + 1] as number) - (starts[column] as number);
  }

  function histogramOf({ slot }: { readonly slot: number }, column: number): number {
    return layout.histograms + (slot * slotBins + (starts[column] as number)) * BIN_BYTES;
  }
}
