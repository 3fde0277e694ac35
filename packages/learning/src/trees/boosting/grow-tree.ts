import type { Split } from '#/trees/boosting/find-split.ts';
import { FOUND, viewsOf, type Job } from '#/trees/boosting/job.ts';
import { leafValue, within, type Candidate } from '#/trees/boosting/leaf-value.ts';
import { COMMAND, CONTROL, LEAF, LEAF_NUMBERS, LEAF_WORDS, NUMBERS, WORK } from '#/trees/boosting/member.ts';
import { Slots } from '#/trees/boosting/slots.ts';
import { openKernels } from '#/trees/kernels/kernels.ts';
import { newLeaf, EQ, LEQ, type NewNode } from '#/trees/tree.ts';

export interface Growth {
  readonly policy: 'lossguide' | 'depthwise';
  readonly leaves: number;
  /** No limit where it is Infinity. */
  readonly depth: number;
}

/** A leaf while its tree grows: some rows that stand together, and the best way to split them. */
export interface GrowingLeaf extends Candidate {
  /** Its place among the nodes. */
  readonly node: number;
  readonly from: number;
  readonly depth: number;
  /** That of its histogram, or -1. */
  slot: number;
  split: Split | undefined;
}

export interface Grown {
  readonly nodes: readonly NewNode[];
  /** By node, the split that was made; undefined of leaves. */
  readonly splits: readonly (Split | undefined)[];
  readonly leaves: readonly GrowingLeaf[];
}

/** What a value of a bin is, for thresholds of nodes. */
export type ThresholdOf = (split: Split) => number;

/**
 * Grows trees: from the root on, the leaf whose split makes the loss least is split next (leaf-wise, as LightGBM does), or the leaf that is
 * least deep (depth-wise). Of two new leaves only the histogram of the smaller one is built; that of the other is what is left of their
 * parent's.
 */
export function treeGrower(job: Job, growth: Growth, { run, thresholdOf }: { run: (command: number) => void; thresholdOf: ThresholdOf }) {
  const { layout, settings, columns } = job;
  const { control, numbers, used, table, found, order, gradients } = viewsOf(job);
  const kernels = openKernels(job.memory);
  const minRows = Math.max(1, settings.minRows);

  /** Of rows that stand first in `order`; `isWhole`: these are all, in their own order. */
  return (output: number, rows: number, isWhole: boolean): Grown => {
    const slots = new Slots(layout.slots);
    const nodes: NewNode[] = [];
    const splits: (Split | undefined)[] = [];
    const root = rootLeaf(output, rows, isWhole);
    const leaves = [root];
    addNode(root);
    control[CONTROL.output] = output;
    control[CONTROL.isWhole] = Number(isWhole);
    if (maySplit(root)) {
      root.slot = slots.take(leaves, root);
      evaluate([{ leaf: root, work: WORK.build | WORK.find }]);
    }
    control[CONTROL.isWhole] = 0;
    for (let next = best(leaves); next !== undefined && leaves.length < growth.leaves; next = best(leaves)) {
      const [yes, no] = divide(next, next.split as Split);
      leaves.splice(leaves.indexOf(next), 1, yes, no);
      if (leaves.length < growth.leaves) lookAt(next, yes, no);
    }
    return { nodes, splits, leaves };

    function addNode(leaf: GrowingLeaf): void {
      nodes.push(newLeaf(leaf.rows));
      splits.push(undefined);
    }

    /** The rows that take the yes child come to stand first. */
    function divide(leaf: GrowingLeaf, split: Split): [GrowingLeaf, GrowingLeaf] {
      const { bins, hasMissing, monotone } = columns[split.column] as Job['columns'][number];
      for (let bin = 0; bin < bins; bin++) table[bin] = Number(split.isEqual ? bin === split.bin : bin <= split.bin);
      if (hasMissing) table[bins] = Number(split.missingYes);
      const column = layout.bins + split.column * layout.rows;
      const count = kernels.partition(layout.order + leaf.from * 4, leaf.rows, column, layout.table, layout.scratch);
      const no = { gradient: leaf.gradient - split.yes.gradient, hessian: leaf.hessian - split.yes.hessian, rows: leaf.rows - count };
      const [lower, upper] = limitsOf(leaf, split, monotone);
      const place = nodes.length;
      const both: [GrowingLeaf, GrowingLeaf] = [
        { ...split.yes, rows: count, ...lower, node: place + 1, from: leaf.from, depth: leaf.depth + 1, slot: -1, split: undefined },
        { ...no, ...upper, node: place, from: leaf.from + count, depth: leaf.depth + 1, slot: -1, split: undefined },
      ];
      addNode(both[1]);
      addNode(both[0]);
      Object.assign(nodes[leaf.node] as NewNode, {
        feature: split.column,
        threshold: thresholdOf(split),
        mode: split.isEqual ? EQ : LEQ,
        missingYes: Number(split.missingYes),
        no: place,
        gain: split.gain,
      });
      splits[leaf.node] = split;
      return both;
    }

    /** Finds how two new leaves would be split, with what is known of their parent. */
    function lookAt(parent: GrowingLeaf, yes: GrowingLeaf, no: GrowingLeaf): void {
      const [small, large] = yes.rows <= no.rows ? [yes, no] : [no, yes];
      const tasks: { leaf: GrowingLeaf; work: number }[] = [];
      if (maySplit(large) && parent.slot >= 0) {
        slots.handOn(parent, large);
        small.slot = slots.take(leaves, small, large);
        tasks.push({ leaf: small, work: WORK.build | (maySplit(small) ? WORK.find : 0) }, { leaf: large, work: WORK.subtract | WORK.find });
      } else {
        slots.free(parent);
        for (const leaf of [small, large].filter(maySplit)) {
          leaf.slot = slots.take(leaves, leaf, small, large);
          tasks.push({ leaf, work: WORK.build | WORK.find });
        }
      }
      if (tasks.length > 0) evaluate(tasks);
      for (const leaf of [small, large]) if (leaf.split === undefined) slots.free(leaf);
    }
  };

  function best(leaves: readonly GrowingLeaf[]): GrowingLeaf | undefined {
    let first: GrowingLeaf | undefined;
    for (const leaf of leaves) {
      if (leaf.split === undefined) continue;
      if (first?.split === undefined || isBefore(leaf, first, leaf.split.gain - first.split.gain)) first = leaf;
    }
    return first;
  }

  function isBefore(leaf: GrowingLeaf, first: GrowingLeaf, moreGain: number): boolean {
    return growth.policy === 'depthwise' && leaf.depth !== first.depth ? leaf.depth < first.depth : moreGain > 0;
  }

  function maySplit(leaf: GrowingLeaf): boolean {
    return growth.leaves > 1 && leaf.depth < growth.depth && leaf.rows >= 2 * minRows && leaf.hessian >= 2 * settings.minHessian;
  }

  /** Has all threads look for the best splits of one or two leaves. */
  function evaluate(tasks: readonly { readonly leaf: GrowingLeaf; readonly work: number }[]): void {
    for (const index of [0, 1]) {
      const at = CONTROL.leaves + index * LEAF_WORDS;
      const task = tasks[index];
      control[at + LEAF.work] = task?.work ?? 0;
      if (task === undefined) continue;
      const { from, rows, slot, gradient, hessian, lowest, highest } = task.leaf;
      control.set([from, rows, slot], at);
      numbers.set([gradient, hessian, lowest, highest], NUMBERS.leaves + index * LEAF_NUMBERS);
    }
    control[CONTROL.next] = 0;
    run(COMMAND.splits);
    tasks.forEach(({ leaf, work }, index) => {
      leaf.split = (work & WORK.find) === 0 ? undefined : bestFound(index);
    });
  }

  /** Of equal gains that of the first column counts, whoever found it. */
  function bestFound(index: number): Split | undefined {
    let [gain, column] = [0, -1];
    for (let each = 0; each < columns.length; each++) {
      if (used[each] !== 1) continue;
      const other = found[(each * 2 + index) * FOUND] as number;
      if (other > gain) [gain, column] = [other, each];
    }
    if (column < 0) return undefined;
    const [, bin = 0, isEqual, missingYes, gradient = 0, hessian = 0, rows = 0] = found.subarray((column * 2 + index) * FOUND);
    return { column, bin, isEqual: isEqual === 1, missingYes: missingYes === 1, gain, yes: { gradient, hessian, rows } };
  }

  /** Between the values of both children lies what they must not pass: so no leaf below one passes a leaf below the other. */
  function limitsOf({ gradient, hessian, lowest, highest }: GrowingLeaf, { yes }: Split, monotone: number): [Limited, Limited] {
    const limits = { lowest, highest };
    if (monotone === 0) return [limits, limits];
    const no = { gradient: gradient - yes.gradient, hessian: hessian - yes.hessian, rows: 0 };
    const middle = (within(leafValue(yes, settings), limits) + within(leafValue(no, settings), limits)) / 2;
    const [below, above] = [
      { lowest, highest: middle },
      { lowest: middle, highest },
    ];
    return monotone > 0 ? [below, above] : [above, below];
  }

  function rootLeaf(output: number, rows: number, isWhole: boolean): GrowingLeaf {
    let [gradient, hessian] = [0, 0];
    for (let at = 0; at < rows; at++) {
      const row = 2 * (output * layout.rows + (isWhole ? at : (order[at] as number)));
      gradient += gradients[row] as number;
      hessian += gradients[row + 1] as number;
    }
    gradient /= numbers[NUMBERS.gradientScale] as number;
    hessian /= numbers[NUMBERS.hessianScale] as number;
    const everything = { lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY };
    return { gradient, hessian, rows, ...everything, node: 0, from: 0, depth: 0, slot: -1, split: undefined };
  }
}

type Limited = Pick<Candidate, 'lowest' | 'highest'>;

/** The leaf's node that a row comes to by its bins. */
export function nodeOf({ nodes, splits }: Grown, bins: readonly Uint8Array[], lastBins: readonly number[], row: number): number {
  let node = 0;
  for (let split = splits[0]; split !== undefined; split = splits[node]) {
    const bin = bins[split.column]?.[row] as number;
    const isMissing = bin >= (lastBins[split.column] as number);
    const isYes = isMissing ? split.missingYes : split.isEqual ? bin === split.bin : bin <= split.bin;
    const { no } = nodes[node] as NewNode;
    node = isYes ? no + 1 : no;
  }
  return node;
}
