import { Fault } from './fault.ts';
import { readDouble, readInt64 } from './number.ts';

/** What a field of a message takes, and how it is read. */
export interface Field<T> {
  readonly kind: 'text' | 'number' | 'bool' | 'enum' | 'list' | 'map' | 'message' | 'json';
  /** Reads what is there; `undefined` and `null` never come here. Throws a Fault. */
  readonly read: (value: unknown) => T;
  /** A required one must be there, and a text must not be empty. */
  readonly required: boolean;
  /** What it is when it is not there. */
  readonly absent: T | undefined;
  /** The older name it may come under. */
  readonly legacy: string | undefined;
}

interface Optional<T> {
  readonly required?: boolean;
  readonly default?: T;
}

/** What a field is when it is read: `undefined` only if it may be absent. */
type Presence<T, O> = O extends { readonly required: true } | { readonly default: T } ? T : T | undefined;

type Made<T, O> = Field<Presence<T, O>>;

function field<T>(kind: Field<T>['kind'], read: (value: unknown) => T, options: Optional<T> & { readonly legacy?: string } = {}): Field<T> {
  const { required = false, legacy } = options;
  return { kind, read, required, absent: options.default, legacy };
}

/** Text. `legacy` is the name that older clients use: `run_uuid` for `run_id`. */
export function text<const O extends Optional<string> & { readonly legacy?: string }>(options?: O): Made<string, O> {
  return field('text', readText, options);
}

function readText(value: unknown): string {
  if (typeof value !== 'string') throw Fault.wrong(value);
  checkCharacters(value);
  return value;
}

/** Refuses what no database keeps as text. */
function checkCharacters(text: string): void {
  if (!text.isWellFormed()) throw Fault.wrong(text.toWellFormed(), 'It has half of a surrogate pair, which is no character.');
  if (text.includes('\0')) throw Fault.wrong(text, 'It has the character NUL.');
}

/** A double: a number, or a text that Python's `float` reads. `NaN` and both infinities are values like any other. */
export function double<const O extends Optional<number>>(options?: O): Made<number, O> {
  return field('number', readDouble, options);
}

/** A whole number, also written as text, within what JavaScript's numbers hold exactly: ±(2^53 - 1). */
export function int64<const O extends Optional<number>>(options?: O): Made<number, O> {
  return field('number', readInt64, options);
}

export function bool<const O extends Optional<boolean>>(options?: O): Made<boolean, O> {
  return field('bool', readBool, options);
}

function readBool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw Fault.wrong(value);
  return value;
}

/** One of the names of an enumeration, or its number; the first name has number 1 unless `first` says another. */
export function oneOf<const T extends string, const O extends Optional<T> & { readonly first?: number }>(
  names: readonly T[],
  options?: O,
): Made<T, O> {
  const first = options?.first ?? 1;
  const known = new Set<unknown>(names);
  const read = (value: unknown): T => {
    if (known.has(value)) return value as T;
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    const name = typeof number === 'number' ? names[number - first] : undefined;
    if (name === undefined) throw Fault.wrong(value, typeof value === 'string' ? `It must be one of ${names.join(', ')}.` : undefined);
    return name;
  };
  return field('enum', read, options);
}

/** Any number of values; none when it is absent. */
export function list<T>(of: Field<T>, options: { readonly required?: boolean } = {}): Field<readonly NonNullable<T>[]> {
  const { read } = of;
  const readList = (value: unknown): readonly NonNullable<T>[] => {
    if (!Array.isArray(value)) throw Fault.wrong(value);
    const items = Array.from<NonNullable<T>>({ length: value.length });
    let at = 0;
    try {
      for (; at < value.length; at++) {
        const item: unknown = value[at];
        if (item === null) throw Fault.wrong(item);
        items[at] = read(item) as NonNullable<T>;
      }
    } catch (error) {
      throw error instanceof Fault ? error.within(at) : error;
    }
    return items;
  };
  return { ...field('list', readList, options), absent: [] };
}

/** An object whose keys are the client's own; an empty one when it is absent. */
export function map<T>(of: Field<T>): Field<Readonly<Record<string, NonNullable<T>>>> {
  const { read } = of;
  const readMap = (value: unknown): Readonly<Record<string, NonNullable<T>>> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw Fault.wrong(value);
    const entries: [string, NonNullable<T>][] = [];
    for (const [key, item] of Object.entries(value as Readonly<Record<string, unknown>>)) {
      checkCharacters(key);
      try {
        if (item === null) throw Fault.wrong(item);
        entries.push([key, read(item) as NonNullable<T>]);
      } catch (error) {
        throw error instanceof Fault ? error.within(key) : error;
      }
    }
    return Object.fromEntries(entries);
  };
  return { ...field('map', readMap), absent: {} };
}

const MAX_JSON_DEPTH = 64;

/** Any JSON, as it came: not deeper than 64, without the key `__proto__`. */
export function json<const O extends Optional<unknown>>(options?: O): Made<unknown, O> {
  return field('json', readJson, options);
}

function readJson(value: unknown): unknown {
  checkJson(value, 0);
  return value;
}

function checkJson(value: unknown, depth: number): void {
  if (typeof value === 'string') return checkCharacters(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth === MAX_JSON_DEPTH) throw Fault.wrong('…', `It is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw Fault.wrong(key, 'This key is not allowed.');
    checkCharacters(key);
    checkJson((value as Readonly<Record<string, unknown>>)[key], depth + 1);
  }
}
