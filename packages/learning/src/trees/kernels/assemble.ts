/* As much of WebAssembly's binary format (W3C, WebAssembly Core Specification 2.0, §5) as the kernels need. */

export const I32 = 0x7f;
export const V128 = 0x7b;

export interface FunctionCode {
  readonly name: string;
  readonly params: readonly number[];
  readonly results: readonly number[];
  readonly locals: readonly number[];
  /** Without its `end`. */
  readonly body: readonly number[];
}

/** A number in LEB128, 7 bits a byte from the lowest on. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

const list = (items: readonly (readonly number[])[]): number[] => [...leb(items.length), ...items.flat()];
const bytesOf = (text: string): number[] => [...leb(text.length), ...Array.from(text, (letter) => letter.codePointAt(0) ?? 0)];
const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];

/** A module of these functions over a memory that it imports as `memory.shared`. */
export function assemble(functions: readonly FunctionCode[], largestPages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params, results }) => [
    0x60,
    ...list(params.map((type) => [type])),
    ...list(results.map((type) => [type])),
  ]);
  const imported = [...bytesOf('memory'), ...bytesOf('shared'), 0x02, 0x03, ...leb(0), ...leb(largestPages)];
  const exported = functions.map(({ name }, index) => [...bytesOf(name), 0x00, ...leb(index)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...list(locals.map((type) => [1, type])), ...body, END];
    return [...leb(code.length), ...code];
  });
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, list(types)),
    ...section(2, list([imported])),
    ...section(3, list(functions.map((_, index) => leb(index)))),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
  ]);
}

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const END = 0x0b;
const BRANCH_IF = 0x0d;
const NO_RESULT = 0x40;

export const get = (local: number): number[] => [0x20, local];
export const set = (local: number, value: readonly number[]): number[] => [...value, 0x21, local];
export const constant = (value: number): number[] => {
  if (value < 0 || value > 63) throw new RangeError('Constants of the kernels are small.');
  return [0x41, value];
};

const two =
  (...code: number[]) =>
  (a: readonly number[], b: readonly number[]): number[] => [...a, ...b, ...code];
export const add = two(0x6a);
export const subtract = two(0x6b);
export const shiftLeft = two(0x74);
export const isNot = two(0x47);

/* Loads and stores say how their address is aligned (as a power of two) and what is added to it. */
export const load = (address: readonly number[]): number[] => [...address, 0x28, 2, 0];
export const loadByte = (address: readonly number[]): number[] => [...address, 0x2d, 0, 0];
export const store = (address: readonly number[], value: readonly number[]): number[] => [...address, ...value, 0x36, 2, 0];
/** 8 bytes from one address to another. */
export const copy8 = (from: readonly number[], to: readonly number[]): number[] => [...to, ...from, 0x29, 3, 0, 0x37, 3, 0];

/* Two int64 side by side. */
export const load2 = (address: readonly number[]): number[] => [...address, 0xfd, 0x00, 4, 0];
export const store2 = (address: readonly number[], value: readonly number[]): number[] => [...address, ...value, 0xfd, 0x0b, 4, 0];
export const add2 = two(0xfd, 0xce, 0x01);
export const subtract2 = two(0xfd, 0xd1, 0x01);
/** Two int32, widened. */
export const load2Narrow = (address: readonly number[]): number[] => [...address, 0xfd, 0x5d, 3, 0, 0xfd, 0xc7, 0x01];
/** [0, 1 << bit]. */
export const secondBit = (bit: readonly number[]): number[] => [...ZEROS, 0x42, 1, ...bit, 0xad, 0x86, 0xfd, 0x1e, 1];
const ZEROS = [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)];

/** Repeats the body until `at` has come to `end`; not at all where it is there already. */
export const until = (at: number, end: number, body: readonly number[]): number[] => {
  const notAtAll = [0x02, NO_RESULT, ...get(at), ...get(end), 0x46, BRANCH_IF, 0];
  const loop = [0x03, NO_RESULT, ...body, ...isNot(get(at), get(end)), BRANCH_IF, 0, END];
  return [...notAtAll, ...loop, END];
};
