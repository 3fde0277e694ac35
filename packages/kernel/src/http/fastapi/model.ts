import type { Issue } from '../../errors.ts';
import type { Finding, Read } from './findings.ts';
import { compileArray } from './read-array.ts';
import { readBoolean } from './read-boolean.ts';
import { compileLiteral, literalsOf } from './read-literal.ts';
import { compileInteger, compileNumber } from './read-number.ts';
import { compileObject, type Field } from './read-object.ts';
import { compileRecord } from './read-record.ts';
import { compileString } from './read-string.ts';
import { allowKeywords, isSchema, type JsonSchema } from './schema.ts';

export type ModelReading<T> = { readonly value: T } | { readonly issues: readonly Issue[] };

/** Reads a value as a pydantic model does; `loc` says where the value stands, usually `['body']`. */
export type Model<T> = (value: unknown, loc: readonly (string | number)[]) => ModelReading<T>;

/**
 * Turns the JSON Schema of an object into a reader with pydantic's lax rules and pydantic's words: unknown fields are dropped, defaults
 * filled in, and every fault is told, in the order of the fields.
 */
export function compileModel<T>(schema: object): Model<T> {
  const root = schema as JsonSchema;
  if (root['type'] !== 'object') throw new Error('A model is made from the schema of an object.');
  const read = compile(root, 'the model');
  return (value, loc) => {
    const findings: Finding[] = [];
    const result = read(value, findings);
    if (findings.length === 0) return { value: result as T };
    return { issues: findings.map((finding) => ({ ...finding, loc: [...loc, ...finding.loc] })) };
  };
}

function compile(schema: JsonSchema, place: string): Read {
  const literals = literalsOf(schema);
  if (literals) return compileLiteral(schema, literals, place);
  if ('anyOf' in schema) return compileNullable(schema, place);
  switch (schema['type']) {
    case 'string':
      return compileString(schema, place);
    case 'boolean':
      allowKeywords(schema, place, ['type']);
      return readBoolean;
    case 'integer':
      return compileInteger(schema, place);
    case 'number':
      return compileNumber(schema, place);
    case 'array':
      return compileArray(schema, compileChild(schema['items'], `${place}[]`), place);
    case 'object':
      if ('patternProperties' in schema) return compileRecord(schema, place);
      return compileObject(schema, compileFields(schema, place), place);
    case undefined:
      allowKeywords(schema, place, []);
      return (value) => value;
    default:
      throw new Error(`The schema of ${place} has the type ${String(schema['type'])}, which is not supported here.`);
  }
}

function compileFields(schema: JsonSchema, place: string): readonly Field[] {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(isSchema(schema['properties']) ? schema['properties'] : {}).map(([name, property]) => {
    const fallback = isSchema(property) ? property['default'] : undefined;
    return {
      name,
      read: compileChild(property, `${place}.${name}`),
      // To JSON Schema a default is only a note; to pydantic it makes the field optional.
      required: required.includes(name) && fallback === undefined,
      fallback,
    };
  });
}

function compileChild(schema: unknown, place: string): Read {
  if (!isSchema(schema)) throw new Error(`The schema of ${place} is missing.`);
  return compile(schema, place);
}

/** `anyOf` of one kind and null, which is what Python's `Optional` is. Other unions have no one answer to what is wrong. */
function compileNullable(schema: JsonSchema, place: string): Read {
  allowKeywords(schema, place, ['anyOf']);
  const choices = Array.isArray(schema['anyOf']) ? schema['anyOf'] : [];
  const kinds = choices.filter((choice) => !isSchema(choice) || choice['type'] !== 'null');
  if (choices.length !== 2 || kinds.length !== 1) {
    throw new Error(`The schema of ${place} is a union of more than one kind and null, which is not supported here.`);
  }
  const read = compileChild(kinds[0], place);
  return (value, findings) => (value === null ? null : read(value, findings));
}
