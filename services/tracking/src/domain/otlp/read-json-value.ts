import { MAX_DEPTH, unreadable, type Bounds } from './bounds.ts';
import { attributeText, clean, doubleText, objectText, quoted } from './value-text.ts';

export type Json = Readonly<Record<string, unknown>>;

/** The values of a field: of one that is repeated all, else the one that there is. `null` is as good as nothing. */
export function listIn(object: Json, name: string, count: 'many' | 'one' = 'many'): readonly unknown[] {
  const value = object[name] ?? object[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
  if (value === undefined || value === null) return [];
  if (count === 'one') return [value];
  if (!Array.isArray(value)) throw unreadable(`${name} is not a list.`);
  return value;
}

export function objectsIn(object: Json, name: string, count: 'many' | 'one' = 'many'): readonly Json[] {
  return listIn(object, name, count).map((value) => objectOf(value, name));
}

function objectOf(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable(`${name} is not an object.`);
  return value as Json;
}

export function textIn(object: Json, name: string): string {
  const [value = ''] = listIn(object, name, 'one');
  if (typeof value !== 'string') throw unreadable(`${name} is not a text.`);
  return value;
}

interface Reading {
  readonly bounds: Bounds;
  /** Whether its texts may be structures written as JSON. */
  readonly isSpan: boolean;
}

export function readAttributes(owner: Json, { bounds, isSpan }: Reading): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const attribute of objectsIn(owner, 'attributes')) {
    bounds.value();
    const [value = {}] = objectsIn(attribute, 'value', 'one');
    attributes.set(clean(textIn(attribute, 'key')), readValue(value, { bounds, depth: 5, text: isSpan ? attributeText : quoted }));
  }
  return attributes;
}

interface Place {
  readonly bounds: Bounds;
  readonly depth: number;
  readonly text: (value: string) => string;
}

/** An `AnyValue`, as the JSON text of what it stands for. */
function readValue(value: Json, place: Place): string {
  if (place.depth > MAX_DEPTH) throw unreadable(`a value is nested deeper than ${MAX_DEPTH} messages.`);
  for (const [name, read] of KINDS) {
    const [found] = listIn(value, name, 'one');
    if (found !== undefined) return read(found, place);
  }
  return 'null';
}

type Read = (value: unknown, place: Place) => string;

const KINDS: readonly (readonly [name: string, read: Read])[] = [
  ['stringValue', (value, { text }) => text(textIn({ value }, 'value'))],
  ['boolValue', readBool],
  ['intValue', readInteger],
  ['doubleValue', readDouble],
  ['arrayValue', readArray],
  ['kvlistValue', readKeyValues],
  ['bytesValue', (value) => quoted(textIn({ value }, 'value'))],
];

function readBool(value: unknown): string {
  if (typeof value !== 'boolean') throw unreadable('boolValue is neither true nor false.');
  return String(value);
}

function readInteger(value: unknown): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) {
    const integer = BigInt(value);
    if (BigInt.asIntN(64, integer) === integer) return String(integer);
  }
  throw unreadable('intValue is not a whole number of 64 bits.');
}

function readDouble(value: unknown): string {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || (Number.isNaN(number) && value !== 'NaN')) throw unreadable('doubleValue is not a number.');
  return doubleText(number);
}

function readArray(value: unknown, { bounds, depth }: Place): string {
  const items = objectsIn(objectOf(value, 'arrayValue'), 'values').map((item) => {
    bounds.value();
    return readValue(item, { bounds, depth: depth + 2, text: quoted });
  });
  return `[${items.join(', ')}]`;
}

function readKeyValues(value: unknown, { bounds, depth }: Place): string {
  const members = new Map<string, string>();
  for (const member of objectsIn(objectOf(value, 'kvlistValue'), 'values')) {
    bounds.value();
    const [of = {}] = objectsIn(member, 'value', 'one');
    members.set(clean(textIn(member, 'key')), readValue(of, { bounds, depth: depth + 3, text: quoted }));
  }
  return objectText(members);
}
