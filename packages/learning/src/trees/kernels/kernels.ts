import {
  add,
  add2,
  assemble,
  constant,
  copy8,
  get,
  I32,
  isNot,
  load,
  load2,
  load2Narrow,
  loadByte,
  secondBit,
  set,
  shiftLeft,
  store,
  store2,
  subtract,
  subtract2,
  until,
  V128,
  type FunctionCode,
} from '#/trees/kernels/assemble.ts';

/*
 * The loops in which boosting spends its time, in WebAssembly: it adds two int64 at once, and needs no check of bounds. Measured, a row is
 * added to a histogram in 0.8 ns, where the same loop over typed arrays takes 3 ns.
 *
 * Addresses are bytes of one shared memory. A row's gradient and hessian are two int32 (fixed point, see quantise.ts), a bin of a histogram
 * two int64: the sum of gradients, and the sum of hessians with the number of rows above it, from bit `countBit` on. Sums of integers are
 * exact, so that they are the same in whatever order and by however many threads they are added, and a histogram less another is exact too.
 */

/** 4 GiB, the most that WebAssembly can address. */
export const LARGEST_PAGES = 65_536;

export interface Kernels {
  /** Adds rows to a histogram: `rows` has their numbers, `ordered` their gradients one after another. */
  build(rows: number, count: number, ordered: number, column: number, histogram: number, countBit: number): void;
  /** The same of all rows. */
  buildAll(count: number, gradients: number, column: number, histogram: number, countBit: number): void;
  /** Puts the gradients of some rows one after another. */
  gather(rows: number, count: number, gradients: number, ordered: number): void;
  /** Of a histogram takes another one away. */
  subtract(from: number, other: number, bins: number): void;
  /** Moves rows whose bin the table has 1 for to the front, all in the order in which they were; returns where the others begin. */
  partition(rows: number, count: number, column: number, table: number, scratch: number): number;
}

let module: WebAssembly.Module | undefined;

export function openKernels(memory: WebAssembly.Memory): Kernels {
  module ??= new WebAssembly.Module(assemble([build(), buildAll(), gather(), subtractBins(), partition()], LARGEST_PAGES));
  return new WebAssembly.Instance(module, { memory: { shared: memory } }).exports as unknown as Kernels;
}

const COPY_MEMORY = [0xfc, 0x0a, 0, 0];
const BY_FOUR = [0x41, 2, 0x76];
const bytes = (count: readonly number[], shift: number): number[] => shiftLeft(count, constant(shift));
const step = (local: number, size: number): number[] => set(local, add(get(local), constant(size)));

/** Adds the gradient at `gradient` to bin number `bin` of the histogram. */
const addTo = (locals: { histogram: number; gradient: number; one: number; place: number }, bin: readonly number[]): number[] => [
  ...set(locals.place, add(get(locals.histogram), bytes(bin, 4))),
  ...store2(get(locals.place), add2(load2(get(locals.place)), add2(load2Narrow(get(locals.gradient)), get(locals.one)))),
];

function build(): FunctionCode {
  const [rows, count, gradient, column, histogram, countBit, end, place, one] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  return {
    name: 'build',
    params: [I32, I32, I32, I32, I32, I32],
    results: [],
    locals: [I32, I32, V128],
    body: [
      ...set(one, secondBit(get(countBit))),
      ...set(end, add(get(rows), bytes(get(count), 2))),
      ...until(rows, end, [
        ...addTo({ histogram, gradient, one, place }, loadByte(add(get(column), load(get(rows))))),
        ...step(gradient, 8),
        ...step(rows, 4),
      ]),
    ],
  };
}

function buildAll(): FunctionCode {
  const [count, gradient, column, histogram, countBit, end, place, one] = [0, 1, 2, 3, 4, 5, 6, 7];
  return {
    name: 'buildAll',
    params: [I32, I32, I32, I32, I32],
    results: [],
    locals: [I32, I32, V128],
    body: [
      ...set(one, secondBit(get(countBit))),
      ...set(end, add(get(column), get(count))),
      ...until(column, end, [
        ...addTo({ histogram, gradient, one, place }, loadByte(get(column))),
        ...step(gradient, 8),
        ...step(column, 1),
      ]),
    ],
  };
}

function gather(): FunctionCode {
  const [rows, count, gradients, ordered, end] = [0, 1, 2, 3, 4];
  return {
    name: 'gather',
    params: [I32, I32, I32, I32],
    results: [],
    locals: [I32],
    body: [
      ...set(end, add(get(rows), bytes(get(count), 2))),
      ...until(rows, end, [...copy8(add(get(gradients), bytes(load(get(rows)), 3)), get(ordered)), ...step(ordered, 8), ...step(rows, 4)]),
    ],
  };
}

function subtractBins(): FunctionCode {
  const [from, other, bins, end] = [0, 1, 2, 3];
  return {
    name: 'subtract',
    params: [I32, I32, I32],
    results: [],
    locals: [I32],
    body: [
      ...set(end, add(get(from), bytes(get(bins), 4))),
      ...until(from, end, [...store2(get(from), subtract2(load2(get(from)), load2(get(other)))), ...step(from, 16), ...step(other, 16)]),
    ],
  };
}

/** Each row is written to both places and only one of them is moved on, so that the processor has nothing to guess. */
function partition(): FunctionCode {
  const [rows, count, column, table, scratch, end, front, back, row, isFront, began] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  return {
    name: 'partition',
    params: [I32, I32, I32, I32, I32],
    results: [I32],
    locals: [I32, I32, I32, I32, I32, I32],
    body: [
      ...set(end, add(get(rows), bytes(get(count), 2))),
      ...set(front, get(rows)),
      ...set(began, get(rows)),
      ...set(back, get(scratch)),
      ...until(rows, end, [
        ...set(row, load(get(rows))),
        ...set(isFront, loadByte(add(get(table), loadByte(add(get(column), get(row)))))),
        ...store(get(front), get(row)),
        ...store(get(back), get(row)),
        ...set(front, add(get(front), bytes(get(isFront), 2))),
        ...set(back, add(get(back), bytes(isNot(get(isFront), constant(1)), 2))),
        ...step(rows, 4),
      ]),
      ...get(front),
      ...get(scratch),
      ...subtract(get(back), get(scratch)),
      ...COPY_MEMORY,
      ...subtract(get(front), get(began)),
      ...BY_FOUR,
    ],
  };
}
