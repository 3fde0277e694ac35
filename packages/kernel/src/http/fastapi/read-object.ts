import { find, placeInside, type Finding, type Read } from './findings.ts';
import { FORBIDDEN_KEY } from '../json/json-limits.ts';
import { allowKeywords, type JsonSchema } from './schema.ts';

export interface Field {
  readonly name: string;
  readonly read: Read;
  readonly required: boolean;
  /** What stands in for an absent field; `undefined` when it then stays absent. */
  readonly fallback: unknown;
}

export function compileObject(schema: JsonSchema, fields: readonly Field[], place: string): Read {
  allowKeywords(schema, place, ['type', 'properties', 'required']);
  for (const { name } of fields) {
    // Values are looked up by name without asking whether they are inherited, which is right for every other name.
    if (name in Object.prototype || name === FORBIDDEN_KEY)
      throw new Error(`The schema of ${place} has a field ${name}, a name that every object has.`);
  }
  return (value, findings) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return find(findings, 'model_attributes_type', 'Input should be a valid dictionary or object to extract fields from', value);
    }
    const record = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    for (const field of fields) readField(field, record, result, findings);
    return result;
  };
}

function readField(field: Field, record: Record<string, unknown>, result: Record<string, unknown>, findings: Finding[]): void {
  const { name } = field;
  const given = record[name];
  if (given === undefined) {
    if (field.required) {
      find(findings, 'missing', 'Field required', record);
      placeInside(findings, findings.length - 1, name);
    } else if (field.fallback !== undefined) {
      // A list or an object must not be shared by those who get it.
      result[name] = typeof field.fallback === 'object' ? structuredClone(field.fallback) : field.fallback;
    }
    return;
  }
  const before = findings.length;
  const read = field.read(given, findings);
  if (findings.length > before) placeInside(findings, before, name);
  else result[name] = read;
}
