import { invalidParameter } from '#/errors.ts';
import { pythonRepr } from '#/python.ts';
import type { Order } from './filter.ts';
import type { OrderGrammar } from './grammar.ts';
import { isLoose, isSpaced, splitName, unquoteName } from './name.ts';
import { tokenize } from './tokens.ts';

const MAX_CLAUSES = 100;

/** The whole order: what was asked for, or the default, and then what decides between equals. Throws INVALID_PARAMETER_VALUE. */
export function parseOrderBy(grammar: OrderGrammar, clauses: readonly string[]): readonly Order[] {
  const { defaults, ties, twice = false } = grammar;
  if (clauses.length > MAX_CLAUSES) throw invalidParameter(`\`order_by\` has ${clauses.length} fields, and ${MAX_CLAUSES} is the most.`);
  const orders: Order[] = [];
  for (const order of clauses.length === 0 ? defaults : clauses.map((clause) => readClause(grammar, clause))) {
    if (!hasSame(orders, order)) orders.push(order);
    else if (!twice) throw invalidParameter(`\`order_by\` contains duplicate fields: [${clauses.map(pythonRepr).join(', ')}]`);
  }
  return [...orders, ...ties.filter((tie) => !hasSame(orders, tie))];
}

const hasSame = (orders: readonly Order[], { entity, key }: Order): boolean =>
  orders.some((order) => order.entity === entity && order.key === key);

function readClause(grammar: OrderGrammar, clause: string): Order {
  const [name, direction, ...more] = tokenize(clause);
  if (name === undefined || (name.kind !== 'name' && name.kind !== 'quoted') || more.length > 0) throw unreadable(clause);
  if (isLoose(name.text) || isSpaced(name.text)) throw unreadable(clause);
  if (direction === undefined) return { ...columnOf(grammar, name.text), ascending: true };
  if (direction.start === name.start + name.text.length) throw unreadable(clause);
  const ascending = readDirection(direction.text, clause);
  return { ...columnOf(grammar, unquoteName(name.text)), ascending };
}

function readDirection(word: string, clause: string): boolean {
  const lower = word.toLowerCase();
  if (lower === 'asc' || lower === 'desc') return lower === 'asc';
  if (!/^\w+$/.test(word)) throw unreadable(clause);
  throw invalidParameter(`Invalid ordering key in order_by clause ${pythonRepr(clause)}.`);
}

function columnOf({ entities, bare, listed }: OrderGrammar, name: string): Omit<Order, 'ascending'> {
  const { entity: word, key } = splitName(name);
  const entity = word === undefined ? bare : Object.hasOwn(entities, word) ? entities[word] : undefined;
  if (entity === undefined) throw invalidParameter(`Invalid order_by entity: Invalid entity type '${word}'. ${listed}`);
  if (key === '' || key.includes('\0')) throw unreadable(name);
  if (entity.keys === 'any') return { entity: entity.name, key };
  const column = Object.hasOwn(entity.keys, key) ? entity.keys[key] : undefined;
  if (column !== undefined) return { entity: column.entity ?? entity.name, key: column.key };
  const valid = Object.keys(entity.keys).map((known) => `'${known}'`);
  throw invalidParameter(`Invalid attribute key '${key}' specified. Invalid order by key '${key}'. Valid keys are '{${valid.join(', ')}}'`);
}

const unreadable = (clause: string): Error => invalidParameter(`Invalid order_by clause ${pythonRepr(clause)}. Could not be parsed.`);
