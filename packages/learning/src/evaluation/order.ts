/** From so many rows on, a radix sort is faster than comparing. */
const RADIX_ROWS = 8192;

/**
 * The indexes of numbers from the smallest to the greatest; equal ones keep their order, and -0 equals 0. NaN must not be among them.
 * Many are sorted by the bits of their float64 form, 16 at a time: a million take a few hundredths of a second.
 */
export function ascending(values: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(values.length);
  for (let row = 0; row < order.length; row++) order[row] = row;
  if (order.length >= RADIX_ROWS) return byRadix(values, order);
  return order.toSorted((a, b) => (values[a] as number) - (values[b] as number) || a - b);
}

/** Where the runs of equal values end in an order: one past the last of each run. */
export function endsOfTies(values: ArrayLike<number>, order: Uint32Array): Uint32Array {
  const ends = new Uint32Array(order.length);
  let count = 0;
  for (let at = 1; at <= order.length; at++) {
    if (at === order.length || values[order[at] as number] !== values[order[at - 1] as number]) ends[count++] = at;
  }
  return ends.subarray(0, count);
}

function byRadix(values: ArrayLike<number>, start: Uint32Array): Uint32Array {
  const rows = values.length;
  const digits = sortableDigits(values);
  const counts = countDigits(digits);
  let [from, to]: [Uint32Array, Uint32Array] = [start, new Uint32Array(rows)];
  for (let digit = 0; digit < 4; digit++) {
    const starts = counts.subarray(digit * 65_536, (digit + 1) * 65_536);
    if (starts.includes(rows)) continue;
    let sum = 0;
    for (let bucket = 0; bucket < 65_536; bucket++) {
      const count = starts[bucket] as number;
      starts[bucket] = sum;
      sum += count;
    }
    for (let at = 0; at < rows; at++) {
      const row = from[at] as number;
      const bucket = digits[row * 4 + digit] as number;
      const place = starts[bucket] as number;
      starts[bucket] = place + 1;
      to[place] = row;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Four digits of 16 bits for each number, the lowest first, which are in the order of the numbers: negative ones count backwards. */
function sortableDigits(values: ArrayLike<number>): Uint16Array {
  const numbers = new Float64Array(values.length);
  for (let row = 0; row < numbers.length; row++) numbers[row] = (values[row] as number) + 0;
  const halves = new Uint32Array(numbers.buffer);
  for (let row = 0; row < numbers.length; row++) {
    const high = halves[row * 2 + 1] as number;
    const isNegative = high >>> 31 === 1;
    if (isNegative) halves[row * 2] = ~(halves[row * 2] as number);
    halves[row * 2 + 1] = isNegative ? ~high : high | 0x8000_0000;
  }
  return new Uint16Array(numbers.buffer);
}

function countDigits(digits: Uint16Array): Uint32Array {
  const counts = new Uint32Array(4 * 65_536);
  for (let at = 0; at < digits.length; at++) {
    const place = (at & 3) * 65_536 + (digits[at] as number);
    counts[place] = (counts[place] as number) + 1;
  }
  return counts;
}

/** What is known of rows, in an order. Ten times as fast as `Float64Array.from`, which asks for one after another as of any iterable. */
export function inOrder(order: Uint32Array, valueOf: (row: number) => number): Float64Array {
  const values = new Float64Array(order.length);
  for (let place = 0; place < order.length; place++) values[place] = valueOf(order[place] as number);
  return values;
}
