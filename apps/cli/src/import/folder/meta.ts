import { parseDocument } from 'yaml';
import { messageOf } from '../../cli-error.ts';
import type { Pair } from '../source.ts';
import type { Folder } from './folder.ts';
import { joined, textOf } from './read-files.ts';

/** A `meta.yaml` of MLflow's: fields by their names, and nothing of them is believed. */
export interface Meta {
  /** A text; a number where older versions wrote one. Throws when it is missing. */
  text(field: string): string;
  /** Undefined when it is missing or null. */
  optional(field: string): string | undefined;
  /** A whole number. Throws when it is missing. */
  integer(field: string): number;
  optionalInteger(field: string): number | undefined;
  /** A field with fields of its own, such as tags. */
  pairs(field: string): readonly Pair[];
}

/** Undefined when there is none. */
export async function readMeta(folder: Folder, path: string): Promise<Meta | undefined> {
  const file = joined(path, 'meta.yaml');
  const text = await textOf(folder, file);
  return text === undefined ? undefined : metaOf(file, text);
}

function metaOf(file: string, text: string): Meta {
  const document = parseDocument(text, {
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    stringKeys: true,
    logLevel: 'silent',
    intAsBigInt: true,
  });
  const [fault] = document.errors;
  const unreadable = (why: string): Error => new Error(`${file} is not YAML as MLflow writes it: ${why.split('\n')[0] ?? ''}`);
  if (fault !== undefined) throw unreadable(fault.message);
  let fields: unknown;
  try {
    // References to other parts, by which a small file could mean a large one, are nothing that MLflow writes.
    fields = document.toJS({ maxAliasCount: 0, mapAsMap: true }) as unknown;
  } catch (error) {
    throw unreadable(messageOf(error));
  }
  if (!(fields instanceof Map)) throw new Error(`${file} is not a list of fields`);
  const wrong = (field: string, expected: string): Error => new Error(`${field} in ${file} is not ${expected}`);

  const optional = (field: string): string | undefined => {
    const value = fields.get(field) as unknown;
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'bigint' || typeof value === 'number') return String(value);
    throw wrong(field, 'a text');
  };
  const optionalInteger = (field: string): number | undefined => {
    const value = fields.get(field) as unknown;
    if (value === undefined || value === null) return undefined;
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(Math.trunc(number))) return Math.trunc(number);
    throw wrong(field, 'a whole number');
  };
  return {
    optional,
    optionalInteger,
    text: (field) => optional(field) ?? raise(wrong(field, 'there')),
    integer: (field) => optionalInteger(field) ?? raise(wrong(field, 'there')),
    pairs(field) {
      const value = (fields.get(field) ?? new Map()) as unknown;
      if (!(value instanceof Map)) throw wrong(field, 'a list of fields');
      return [...value].map(([key, text]: [unknown, unknown]) => ({ key: shown(key), value: shown(text) }));
    },
  };
}

const shown = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

function raise(error: Error): never {
  throw error;
}
