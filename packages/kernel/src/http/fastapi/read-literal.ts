import { find, type Read } from './findings.ts';
import { allowKeywords, isSchema, type JsonSchema } from './schema.ts';

type Literal = string | number | boolean | null;

/** The values that a schema lists as `const`, as `enum`, or as an `anyOf` of `const`; `undefined` when it is none of these. */
export function literalsOf(schema: JsonSchema): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']];
  if (Array.isArray(schema['enum'])) return schema['enum'];
  const choices = schema['anyOf'];
  if (!Array.isArray(choices) || choices.length === 0) return undefined;
  return choices.every((choice) => isSchema(choice) && 'const' in choice)
    ? choices.map((choice: JsonSchema) => choice['const'])
    : undefined;
}

export function compileLiteral(schema: JsonSchema, literals: readonly unknown[], place: string): Read {
  allowKeywords(schema, place, ['type', 'const', 'enum', 'anyOf']);
  const allowed = literals.map((literal) => toLiteral(literal, place));
  const expected = listWithOr(allowed.map(inPython));
  return (value, findings) =>
    allowed.includes(value as Literal) ? value : find(findings, 'literal_error', `Input should be ${expected}`, value, { expected });
}

function toLiteral(value: unknown, place: string): Literal {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new Error(`The schema of ${place} lists a value that is neither text, number, boolean nor null.`);
}

function listWithOr(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

/** As Python's `repr` writes it, because that is what pydantic's sentence contains. */
function inPython(literal: Literal): string {
  if (literal === null) return 'None';
  if (typeof literal === 'boolean') return literal ? 'True' : 'False';
  if (typeof literal === 'number') return String(literal);
  const quote = literal.includes("'") && !literal.includes('"') ? '"' : "'";
  const escaped = literal.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote;
}
