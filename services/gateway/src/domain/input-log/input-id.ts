/*
 * Ids are UUIDs of version 7 (RFC 9562): 48 bits of Unix milliseconds, a counter of 12 bits, 62 random bits. So their order is that
 * of the inputs' arrival, a stretch of time is a range of ids, and gateways make them without asking each other.
 */

export const INPUT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const COUNTER_END = 4096;
const LATEST = 2 ** 48 - 1;

/** Makes ids that only grow, also when the clock is set back. */
export function openInputIds(now: () => number, random: () => number): () => string {
  let time = 0;
  let counter = 0;
  return () => {
    const ms = now();
    if (ms > time) {
      time = ms;
      // Begun low, so that there is room to count up within the millisecond.
      counter = Math.floor(random() * 256);
    } else if (++counter === COUNTER_END) {
      time++;
      counter = 0;
    }
    return formatted(time, counter, 0x80_00 + Math.floor(random() * 0x40_00), Math.floor(random() * 2 ** 48));
  };
}

/** When the input arrived, in Unix milliseconds. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The smallest id that an input of this time, or of a later one, can have. */
export function firstIdAt(ms: number): string {
  return formatted(Math.min(Math.max(0, Math.ceil(ms)), LATEST), 0, 0x80_00, 0);
}

function formatted(time: number, counter: number, high: number, low: number): string {
  const ms = hex(time, 12);
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${hex(counter, 3)}-${hex(high, 4)}-${hex(low, 12)}`;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
