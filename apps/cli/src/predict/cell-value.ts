import { parseTime } from './cell-time.ts';
import type { ModelInput } from './model.ts';

/** What stands for no value in a table, as training reads it too (docs/data-files.md). */
const UNKNOWN = new Set(['', 'NA', 'N/A', '#N/A', 'NaN', 'null', 'NULL', 'None', '<NA>', '?']);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const TRUTH = new Map([
  ...['true', 't', 'yes', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', '0'].map((word) => [word, false] as const),
]);

export type CellValue = { readonly value: unknown } | { readonly problem: string };

/** What a cell of a table stands for, by the kind that the model says. */
export function cellValue(cell: string, { kind, mayBeUnknown }: Pick<ModelInput, 'kind' | 'mayBeUnknown'>): CellValue {
  const text = cell.trim();
  if (UNKNOWN.has(text)) {
    if (mayBeUnknown) return { value: null };
    if (kind === 'text') return { value: cell };
    return {
      problem: `${EXPECTED[kind]} is expected, and ${text === '' ? 'nothing' : `"${text}"`} came: the model takes no unknown values here`,
    };
  }
  const value = READERS[kind](text, cell);
  return value === undefined ? { problem: `${EXPECTED[kind]} is expected, and "${shorten(text)}" came` } : { value };
}

const EXPECTED: Readonly<Record<ModelInput['kind'], string>> = {
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  text: 'a text',
  time: 'a time, such as 2026-01-31 or 2026-01-31T12:00:00Z,',
  tensor: 'a list as JSON writes it',
};

const READERS: Readonly<Record<ModelInput['kind'], (text: string, cell: string) => unknown>> = {
  number: (text) => (NUMBER.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined),
  integer: (text) => (NUMBER.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined),
  boolean: (text) => TRUTH.get(text.toLowerCase()),
  text: (_, cell) => cell,
  time: parseTime,
  tensor: (text) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return undefined;
    }
  },
};

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
