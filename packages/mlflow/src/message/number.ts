import { Fault } from './fault.ts';

const INTEGER = /^[+-]?\d{1,20}$/;
/** What Python's `float` reads, without its underscores. */
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_LENGTH = 400;

/** As protobuf reads a double from JSON, but bare `NaN` and `Infinity` count too: Python writes them when nobody tells it not to. */
export function readDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  // Python's `float(True)` is 1.
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || value.length > MAX_LENGTH) throw Fault.wrong(value);
  const trimmed = value.trim();
  if (FLOAT.test(trimmed)) return Number(trimmed);
  switch (trimmed.toLowerCase()) {
    case 'nan':
    case '+nan':
    case '-nan':
      return Number.NaN;
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Number.POSITIVE_INFINITY;
    case '-inf':
    case '-infinity':
      return Number.NEGATIVE_INFINITY;
    default:
      throw Fault.wrong(value);
  }
}

/** As protobuf reads an int64 from JSON: also `1.0`, `"12"` and `"1e3"`. What a JavaScript number would round is refused. */
export function readInt64(value: unknown): number {
  // -0 is a double's.
  if (Number.isSafeInteger(value)) return (value as number) + 0;
  const number = typeof value === 'string' ? parse(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw Fault.wrong(value);
  if (!Number.isSafeInteger(number))
    throw Fault.wrong(value, `Whole numbers go from ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}.`);
  return number + 0;
}

function parse(value: string): number | undefined {
  if (value.length > MAX_LENGTH || !(INTEGER.test(value) || FLOAT.test(value))) return undefined;
  return Number(value);
}
