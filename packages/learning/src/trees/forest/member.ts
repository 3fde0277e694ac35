import { seededRandom } from '#/random.ts';
import { stepSeed } from '#/trees/choose.ts';
import { drawRows } from '#/trees/forest/bootstrap.ts';
import { columnScanner } from '#/trees/forest/scan-column.ts';
import type { ForestJob, GrownTree } from '#/trees/forest/job.ts';

/** Grows the trees of one thread: with each command the tree of its number, if there is one. */
export function join(job: ForestJob, member: number): (command: number) => void {
  const { rows, bins, columns, splittable, target, weights, channels, settings, seed } = job;
  const { minLeaf } = settings;
  const order = new Int32Array(rows);
  const scratch = new Int32Array(rows);
  const rowWeights = new Float64Array(rows);
  const isYes = new Uint8Array(256);
  const candidates = Int32Array.from(splittable);
  const sums = new Float64Array(channels);
  const scanner = columnScanner(job, { order, rowWeights });
  const grown = job.grown[member] as GrownTree;

  return () => {
    const number = (job.next[0] as number) + member;
    if (number < settings.trees) growTree(seededRandom(stepSeed(seed, number)));
  };

  /** Random forests (Breiman, 2001): each node looks at some columns only. Nodes are made from the root down, one side before the other. */
  function growTree(random: () => number): void {
    const draws = drawRows(job, random);
    let count = 0;
    for (let row = 0; row < rows; row++) {
      if (draws[row] === 0) continue;
      rowWeights[row] = (draws[row] as number) * (weights === undefined ? 1 : (weights[row] as number));
      order[count++] = row;
    }
    // Columns are drawn from an order that depends on no other tree.
    candidates.set(splittable);
    let nodes = 1;
    const open = [{ node: 0, from: 0, to: count, depth: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { node, from, to, depth } = next;
      const { weight, isPure } = sumUp(from, to);
      grown.covers[node] = weight;
      grown.features[node] = -1;
      const maySplit = !isPure && depth < settings.depth && to - from >= settings.minSplit && to - from >= 2 * minLeaf;
      if (maySplit && look(from, to, weight, random)) {
        const middle = divide(from, to);
        const { column, bin, missingYes, gain } = scanner.best;
        grown.features[node] = column;
        grown.bins[node] = bin;
        grown.missingYes[node] = missingYes;
        grown.gains[node] = gain;
        grown.no[node] = nodes;
        open.push({ node: nodes, from: middle, to, depth: depth + 1 }, { node: nodes + 1, from, to: middle, depth: depth + 1 });
        nodes += 2;
        continue;
      }
      grown.no[node] = 0;
      grown.gains[node] = 0;
      for (let channel = 0; channel < channels; channel++) grown.values[node * channels + channel] = (sums[channel] as number) / weight;
    }
    grown.count[0] = nodes;
  }

  /** The sums of a node's rows; pure: all have the same target. */
  function sumUp(from: number, to: number): { weight: number; isPure: boolean } {
    const first = target[order[from] as number] as number;
    let weight = 0;
    let isPure = true;
    sums.fill(0);
    for (let at = from; at < to; at++) {
      const row = order[at] as number;
      const [value, own] = [target[row] as number, rowWeights[row] as number];
      weight += own;
      if (channels === 1) sums[0]! += own * value;
      else sums[value]! += own;
      isPure &&= value === first;
    }
    return { weight, isPure };
  }

  /** Looks at columns in an order of chance until enough have been seen in which the node's rows differ. */
  function look(from: number, to: number, weight: number, random: () => number): boolean {
    scanner.begin({ from, to, weight, sums });
    let seen = 0;
    for (let left = candidates.length; left > 0 && seen < settings.columnsOfNode; left--) {
      const at = Math.floor(random() * left);
      const column = candidates[at] as number;
      candidates[at] = candidates[left - 1] as number;
      candidates[left - 1] = column;
      if (scanner.scan(column)) seen++;
    }
    return scanner.best.gain > 0;
  }

  /** Rows that take the yes child come first, all in the order in which they were; where the others begin. */
  function divide(from: number, to: number): number {
    const { column, bin, missingYes } = scanner.best;
    const { bins: values } = columns[column] as ForestJob['columns'][number];
    isYes.fill(0);
    isYes.fill(1, 0, bin + 1);
    isYes[values] = missingYes;
    const first = column * rows;
    let [front, back] = [from, 0];
    for (let at = from; at < to; at++) {
      const row = order[at] as number;
      const yes = isYes[bins[first + row] as number] as number;
      order[front] = row;
      scratch[back] = row;
      front += yes;
      back += 1 - yes;
    }
    order.set(scratch.subarray(0, back), front);
    return front;
  }
}
