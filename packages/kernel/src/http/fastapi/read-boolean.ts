import { find, type Finding, type Read } from './findings.ts';
import { readAsText } from './read-text.ts';

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'on', 't', 'true', 'y', 'yes'].map((word) => [word, true] as const),
  ...['0', 'off', 'f', 'false', 'n', 'no'].map((word) => [word, false] as const),
]);
const LONGEST_WORD = 5;

/** Pydantic looks at numbers as 64-bit integers here; what does not fit is not even a candidate. */
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

export const readBoolean: Read = (value, findings) => {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return readWord(value, findings);
  if (value === 1) return true;
  if (value === 0) return false;
  return isInt64(value) ? refuseToGuess(value, findings) : find(findings, 'bool_type', 'Input should be a valid boolean', value);
};

function readWord(value: string, findings: Finding[]): boolean | undefined {
  const text = readAsText(value, findings);
  if (text === undefined) return undefined;
  const word = text.length > LONGEST_WORD ? undefined : WORDS.get(text.toLowerCase());
  return word ?? refuseToGuess(value, findings);
}

function refuseToGuess(value: unknown, findings: Finding[]): undefined {
  return find(findings, 'bool_parsing', 'Input should be a valid boolean, unable to interpret input', value);
}

function isInt64(value: unknown): boolean {
  const whole = Number.isInteger(value) ? BigInt(value as number) : value;
  return typeof whole === 'bigint' && whole >= MIN_INT64 && whole <= MAX_INT64;
}
