import { invalidParameter } from '#/errors.ts';
import type { Operand } from './expression.ts';
import type { ValueKind, Values } from './grammar.ts';
import { trimQuotes } from './name.ts';
import { readList } from './python-list.ts';

interface What {
  readonly entity: {
    readonly name: string;
    readonly keys?: Readonly<Record<string, { readonly operators: readonly string[] }>>;
  };
  readonly key: string;
  readonly operators: readonly string[];
}

/** The value that an operand stands for, if its column takes such values. */
export function readOperand(column: Values, operand: Operand, what: What): string | number | readonly string[] {
  return READERS[column.value](column, operand, what);
}

type Reader = (column: Values, operand: Operand, what: What) => string | number | readonly string[];

const READERS: Readonly<Record<ValueKind, Reader>> = {
  number: readNumber,
  integer: readInteger,
  text: readText,
  id: (column, operand, what) => {
    const value = readText(column, operand, what);
    return typeof value === 'string' ? readId(value) : value.map(readId);
  },
  either: (column, operand, what) => (operand.kind === 'number' ? readNumber(column, operand, what) : readText(column, operand, what)),
};

function readNumber({ quotedNumbers = false }: Values, { kind, text }: Operand, { entity, key }: What): number {
  const isQuoted = quotedNumbers && (kind === 'text' || kind === 'quoted');
  const digits = isQuoted ? trimQuotes(text).trim() : text;
  if (kind === 'number' || (isQuoted && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits))) return Number(digits);
  const type = entity.name === 'attribute' ? `numeric attribute: ${key}` : entity.name;
  throw invalidParameter(`Expected numeric value type for ${type}. Found ${shorten(text)}`);
}

function readInteger(column: Values, operand: Operand, what: What): number {
  const value = readNumber(column, operand, what);
  // Python keeps a number with a dot or an exponent a float, however whole it is.
  if (Number.isInteger(value) && !/[.eE]/.test(operand.text)) return value;
  throw invalidParameter(`Invalid value for numeric attribute '${what.key}': ${shorten(operand.text)}`);
}

function readText({ bareTexts = false }: Values, { kind, text }: Operand, { entity, operators }: What): string | readonly string[] {
  switch (kind) {
    case 'text':
    case 'quoted':
      // Where MLflow minds no quotes, it takes all of them away.
      return checkCharacters(bareTexts && kind === 'text' ? text.replaceAll(/^'+|'+$/g, '') : trimQuotes(text));
    case 'list':
      if (operators.includes('IN')) return readList(text).map(checkCharacters);
      if (entity.name !== 'attribute') break;
      throw invalidParameter(`Only [${listable(entity)}] attributes support comparison with a list of quoted string values.`);
    case 'name':
      if (bareTexts) return checkCharacters(text);
      throw invalidParameter(
        `Parameter value is either not quoted or unidentified quote types used for string value ${shorten(text)}. Use either single or double quotes.`,
      );
    case 'number':
      if (bareTexts) return text;
      break;
  }
  const { name } = entity;
  const of = name === 'attribute' ? 'attributes' : name === 'dataset' ? 'dataset attributes' : `${name} (e.g. 'my-value')`;
  throw invalidParameter(`Expected a quoted string value for ${of}. Got value ${shorten(text)}`);
}

function listable({ keys = {} }: What['entity']): string {
  const names = Object.entries(keys).filter(([, { operators }]) => operators.includes('IN'));
  return names.map(([name]) => `'${name}'`).join(', ');
}

/** Refuses what no database keeps as text. */
function checkCharacters(text: string): string {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw invalidParameter('Invalid value in filter string: it has the character NUL, or half of a surrogate pair.');
  }
  return text;
}

function readId(text: string): string {
  const digits = /^\s*\+?(-?\d{1,18})\s*$/.exec(text)?.[1];
  if (digits === undefined) throw invalidParameter(`Invalid experiment ID '${shorten(text)}'. Experiment ID must be a valid integer.`);
  return String(Number(digits));
}

const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
