import { find, type Read } from './findings.ts';
import { allowKeywords, isSchema, type JsonSchema } from './schema.ts';

/** An object whose names and values are whatever they are: what pydantic calls `dict[str, Any]`. It is given on as it came. */
export function compileRecord(schema: JsonSchema, place: string): Read {
  allowKeywords(schema, place, ['type', 'patternProperties']);
  const values = Object.values(isSchema(schema['patternProperties']) ? schema['patternProperties'] : {});
  if (values.length !== 1 || !isSchema(values[0]))
    throw new Error(`The schema of ${place} gives patternProperties that are not one schema.`);
  allowKeywords(values[0], `${place}.*`, []);
  return (value, findings) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? value
      : find(findings, 'dict_type', 'Input should be a valid dictionary', value);
}
