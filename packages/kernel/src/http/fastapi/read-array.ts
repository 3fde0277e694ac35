import { find, placeInside, type Read } from './findings.ts';
import { allowKeywords, numberOf, type JsonSchema } from './schema.ts';

export function compileArray(schema: JsonSchema, readItem: Read, place: string): Read {
  allowKeywords(schema, place, ['type', 'items', 'minItems', 'maxItems']);
  const min = numberOf(schema, place, 'minItems') ?? 0;
  const max = numberOf(schema, place, 'maxItems') ?? Infinity;
  return (value, findings) => {
    if (!Array.isArray(value)) return find(findings, 'list_type', 'Input should be a valid list', value);
    const length = value.length;
    // Too many are told before any is read, and too few only when all that are there are good, as in pydantic.
    if (length > max) {
      const msg = `List should have at most ${items(max)} after validation, not ${length}`;
      return find(findings, 'too_long', msg, value, { field_type: 'List', max_length: max, actual_length: length });
    }
    const before = findings.length;
    const read = value.map((item: unknown, index) => {
      const first = findings.length;
      const result = readItem(item, findings);
      if (findings.length > first) placeInside(findings, first, index);
      return result;
    });
    if (length < min && findings.length === before) {
      const msg = `List should have at least ${items(min)} after validation, not ${length}`;
      return find(findings, 'too_short', msg, value, { field_type: 'List', min_length: min, actual_length: length });
    }
    return read;
  };
}

const items = (count: number): string => `${count} item${count === 1 ? '' : 's'}`;
