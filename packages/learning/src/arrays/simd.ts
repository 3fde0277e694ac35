import { add, assemble, constant, get, set, until, I32, V128, type FunctionCode } from '#/trees/kernels/assemble.ts';

/* c += a · b in blocks of 4 × 4, two sums in each register. The order of the additions to one sum is that of `addProduct`, so that the bits are. */

const ACCUMULATORS = 8;
const ROWS = [0, 1, 2, 3];

/* Locals: the arguments (addresses and distances in bytes), pointers, and registers. */
const [C, C_ROW, A, A_ROW, A_INNER, B, B_ROW, A_END, INNER_BYTES, COLUMN_BYTES] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const [COLUMN, COLUMN_END, OUT, AT, AT_END] = [10, 11, 12, 13, 14] as const;
const pointer = (row: number): number => 15 + row;
const sum = (index: number): number => 19 + index;
const [LEFT, FIRST, SECOND] = [27, 28, 29] as const;

const multiply2 = (a: readonly number[], b: readonly number[]): number[] => [...a, ...b, 0xfd, 0xf2, 0x01];
const addDoubles = (a: readonly number[], b: readonly number[]): number[] => [...a, ...b, 0xfd, 0xf0, 0x01];
const loadTwo = (address: readonly number[], offset: number): number[] => [...address, 0xfd, 0x00, 3, offset];
const storeTwo = (address: readonly number[], offset: number, value: readonly number[]): number[] => [
  ...address,
  ...value,
  0xfd,
  0x0b,
  3,
  offset,
];
/** A double in both halves. */
const loadBoth = (address: readonly number[]): number[] => [...address, 0xfd, 0x0a, 3, 0];
const NOTHING = [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)];
const advance = (local: number, by: readonly number[]): number[] => set(local, add(get(local), by));

const step = [
  ...set(FIRST, loadTwo(get(AT), 0)),
  ...set(SECOND, loadTwo(get(AT), 16)),
  ...ROWS.flatMap((row) => [
    ...set(LEFT, loadBoth(get(pointer(row)))),
    ...set(sum(2 * row), addDoubles(get(sum(2 * row)), multiply2(get(LEFT), get(FIRST)))),
    ...set(sum(2 * row + 1), addDoubles(get(sum(2 * row + 1)), multiply2(get(LEFT), get(SECOND)))),
    ...advance(pointer(row), get(A_INNER)),
  ]),
  ...advance(AT, get(B_ROW)),
];

const writeSums = ROWS.flatMap((row) => [
  ...storeTwo(get(OUT), 0, addDoubles(loadTwo(get(OUT), 0), get(sum(2 * row)))),
  ...storeTwo(get(OUT), 16, addDoubles(loadTwo(get(OUT), 16), get(sum(2 * row + 1)))),
  ...advance(OUT, get(C_ROW)),
]);

const block = [
  ...Array.from({ length: ACCUMULATORS }, (_, index) => set(sum(index), NOTHING)).flat(),
  ...ROWS.flatMap((row) => set(pointer(row), row === 0 ? get(A) : add(get(pointer(row - 1)), get(A_ROW)))),
  ...set(AT, get(COLUMN)),
  ...set(AT_END, add(get(COLUMN), get(INNER_BYTES))),
  ...until(AT, AT_END, step),
  ...set(OUT, add(get(C), [...get(COLUMN), ...get(B), 0x6b])),
  ...writeSums,
  ...advance(COLUMN, constant(32)),
];

const fourRows = [
  ...set(COLUMN, get(B)),
  ...set(COLUMN_END, add(get(B), get(COLUMN_BYTES))),
  ...until(COLUMN, COLUMN_END, block),
  ...ROWS.flatMap(() => [...advance(A, get(A_ROW)), ...advance(C, get(C_ROW))]),
];

const code: FunctionCode = {
  name: 'multiply',
  params: Array.from({ length: 10 }, () => I32),
  results: [],
  locals: [...Array.from({ length: 9 }, () => I32), ...Array.from({ length: 11 }, () => V128)],
  body: until(A, A_END, fourRows),
};

/** All in bytes: of c, a and b the address and the distances of rows, of a also of columns; where a's rows end; lengths of b's columns and rows. */
export type MultiplyBlocks = (
  ...numbers: [
    c: number,
    cRow: number,
    a: number,
    aRow: number,
    aInner: number,
    b: number,
    bRow: number,
    aEnd: number,
    innerBytes: number,
    columnBytes: number,
  ]
) => void;

const PAGE = 65_536;
const MOST_PAGES = 65_536;

let module: WebAssembly.Module | undefined;

/** Memory for `bytes`, in which blocks can be multiplied; undefined where there is not so much. */
export function multiplyingMemory(bytes: number): { buffer: ArrayBufferLike; multiply: MultiplyBlocks } | undefined {
  const pages = Math.max(1, Math.ceil(bytes / PAGE));
  if (pages >= MOST_PAGES) return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    module ??= new WebAssembly.Module(assemble([code], MOST_PAGES));
    const { exports } = new WebAssembly.Instance(module, { memory: { shared: memory } });
    return { buffer: memory.buffer, multiply: exports['multiply'] as MultiplyBlocks };
  } catch (error) {
    // Each memory takes addresses far beyond its own size, which may run out before those no longer used are given back.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
