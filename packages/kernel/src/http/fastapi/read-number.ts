import { find, type Finding, type Read } from './findings.ts';
import { readAsText } from './read-text.ts';
import { allowKeywords, numberOf, type JsonSchema } from './schema.ts';

const INTEGER_TEXT = /^[-+]?[0-9]+(?:_[0-9]+)*(?:\.0+)?$/;
const NUMBER_TEXT = /^[-+]?(?:[0-9]+(?:_[0-9]+)*\.?(?:[0-9]+(?:_[0-9]+)*)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;
const NOT_FINITE_TEXT = /^[-+]?(?:inf|infinity|nan)$/i;

export function compileInteger(schema: JsonSchema, place: string): Read {
  return compileBounded(readInteger, schema, place);
}

export function compileNumber(schema: JsonSchema, place: string): Read {
  return compileBounded(readNumber, schema, place);
}

type ReadAsNumber = (value: unknown, findings: Finding[]) => number | undefined;

const readInteger: ReadAsNumber = (value, findings) => {
  if (typeof value === 'string') return integerFromText(value, findings);
  const number = fromScalar(value);
  if (number === undefined) return find(findings, 'int_type', 'Input should be a valid integer', value);
  // Adding zero turns the negative zero, which no integer is, into the other.
  if (Number.isSafeInteger(number)) return number + 0;
  if (Number.isInteger(number)) return refuseSize(value, findings);
  return find(findings, 'int_from_float', 'Input should be a valid integer, got a number with a fractional part', value);
};

const readNumber: ReadAsNumber = (value, findings) => {
  if (typeof value === 'string') return numberFromText(value, findings);
  return fromScalar(value) ?? find(findings, 'float_type', 'Input should be a valid number', value);
};

function fromScalar(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? Number(value) : undefined;
}

function integerFromText(value: string, findings: Finding[]): number | undefined {
  const text = readAsText(value, findings);
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (!INTEGER_TEXT.test(trimmed)) {
    return find(findings, 'int_parsing', 'Input should be a valid integer, unable to parse string as an integer', value);
  }
  const number = Number(trimmed.replaceAll('_', ''));
  return Number.isSafeInteger(number) ? number + 0 : refuseSize(value, findings);
}

function numberFromText(value: string, findings: Finding[]): number | undefined {
  const text = readAsText(value, findings);
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (!NUMBER_TEXT.test(trimmed) && !NOT_FINITE_TEXT.test(trimmed)) {
    return find(findings, 'float_parsing', 'Input should be a valid number, unable to parse string as a number', value);
  }
  const number = Number(trimmed.replaceAll('_', ''));
  return Number.isFinite(number) ? number : find(findings, 'finite_number', 'Input should be a finite number', value);
}

/** Python's integers have no limit; here one that a double cannot hold exactly is refused rather than silently changed. */
function refuseSize(value: unknown, findings: Finding[]): undefined {
  return find(findings, 'int_parsing_size', 'Unable to parse input string as an integer, exceeded maximum size', value);
}

interface Bound {
  readonly keyword: string;
  readonly type: string;
  /** How pydantic names the bound in `ctx`. */
  readonly name: string;
  readonly phrase: string;
  readonly holds: (value: number, limit: number) => boolean;
}

/** In the order in which pydantic looks at them; the first that does not hold is told. */
const BOUNDS: readonly Bound[] = [
  { keyword: 'multipleOf', type: 'multiple_of', name: 'multiple_of', phrase: 'a multiple of', holds: (a, b) => a % b === 0 },
  { keyword: 'maximum', type: 'less_than_equal', name: 'le', phrase: 'less than or equal to', holds: (a, b) => a <= b },
  { keyword: 'exclusiveMaximum', type: 'less_than', name: 'lt', phrase: 'less than', holds: (a, b) => a < b },
  { keyword: 'minimum', type: 'greater_than_equal', name: 'ge', phrase: 'greater than or equal to', holds: (a, b) => a >= b },
  { keyword: 'exclusiveMinimum', type: 'greater_than', name: 'gt', phrase: 'greater than', holds: (a, b) => a > b },
];

function compileBounded(read: ReadAsNumber, schema: JsonSchema, place: string): Read {
  allowKeywords(schema, place, ['type', ...BOUNDS.map((bound) => bound.keyword)]);
  const bounds = BOUNDS.flatMap((bound) => {
    const limit = numberOf(schema, place, bound.keyword);
    return limit === undefined ? [] : [{ ...bound, limit }];
  });
  if (bounds.length === 0) return read;
  return (value, findings) => {
    const number = read(value, findings);
    if (number === undefined) return undefined;
    for (const { type, name, phrase, holds, limit } of bounds) {
      if (!holds(number, limit)) return find(findings, type, `Input should be ${phrase} ${limit}`, value, { [name]: limit });
    }
    return number;
  };
}
