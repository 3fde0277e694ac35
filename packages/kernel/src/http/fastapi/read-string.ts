import { find, type Read } from './findings.ts';
import { readAsText } from './read-text.ts';
import { allowKeywords, numberOf, type JsonSchema } from './schema.ts';

const readAnyString: Read = (value, findings) =>
  typeof value === 'string' ? value : find(findings, 'string_type', 'Input should be a valid string', value);

export function compileString(schema: JsonSchema, place: string): Read {
  allowKeywords(schema, place, ['type', 'minLength', 'maxLength', 'pattern']);
  const min = numberOf(schema, place, 'minLength');
  const max = numberOf(schema, place, 'maxLength');
  const pattern = compilePattern(schema['pattern'], place);
  if (min === undefined && max === undefined && pattern === undefined) return readAnyString;
  return (value, findings) => {
    if (readAnyString(value, findings) === undefined) return undefined;
    const text = readAsText(value as string, findings);
    if (text === undefined) return undefined;
    if (min !== undefined && isShorter(text, min)) {
      return find(findings, 'string_too_short', `String should have at least ${characters(min)}`, text, { min_length: min });
    }
    if (max !== undefined && isLonger(text, max)) {
      return find(findings, 'string_too_long', `String should have at most ${characters(max)}`, text, { max_length: max });
    }
    if (pattern?.test(text) === false) {
      const { source } = pattern;
      return find(findings, 'string_pattern_mismatch', `String should match pattern '${source}'`, text, { pattern: source });
    }
    return text;
  };
}

function compilePattern(source: unknown, place: string): RegExp | undefined {
  if (source === undefined) return undefined;
  if (typeof source === 'string') return new RegExp(source, 'u');
  throw new Error(`The schema of ${place} gives a pattern that is not a string.`);
}

const characters = (count: number): string => `${count} character${count === 1 ? '' : 's'}`;

/** Lengths are in code points, of which a string has at most as many as code units, and at least half as many. */
const isShorter = (text: string, min: number): boolean => text.length < min || (text.length < 2 * min && countCharacters(text) < min);
const isLonger = (text: string, max: number): boolean => text.length > 2 * max || (text.length > max && countCharacters(text) > max);

function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
