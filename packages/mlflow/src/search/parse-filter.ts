import { invalidParameter } from '#/errors.ts';
import { readExpression, type Expression, type Written } from './expression.ts';
import type { Comparison, Filter, Operator } from './filter.ts';
import type { Column, Entity, FilterGrammar } from './grammar.ts';
import { isLoose, splitName } from './name.ts';
import { readOperand } from './operand.ts';

/** What a filter asks for; `undefined` when it asks for nothing. Throws INVALID_PARAMETER_VALUE. */
export function parseFilter<O extends string = Operator>(grammar: FilterGrammar<O>, filter: string | undefined): Filter<O> | undefined {
  if (filter === undefined || filter === '') return undefined;
  const expression = readExpression(filter);
  return expression && resolve(grammar, expression);
}

function resolve<O extends string>(grammar: FilterGrammar<O>, expression: Expression): Filter<O> {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { kind: expression.kind, parts: expression.parts.map((part) => resolve(grammar, part)) };
    case 'not':
      return { kind: 'not', part: resolve(grammar, expression.part) };
    case 'written':
      return compare(grammar, expression);
  }
}

function compare<O extends string>(grammar: FilterGrammar<O>, written: Written): Comparison<O> {
  if (grammar.looseNames !== true && isLoose(written.name)) {
    throw invalidParameter(
      `Invalid comparison clause. Expected 'Identifier' found '${written.name}'. Quote keys that have slashes or dashes.`,
    );
  }
  const { entity: word, key } = splitName(written.name);
  const entity = word === undefined ? grammar.bare : entityOf(grammar, word);
  const column = columnOf(entity, key);
  const what = { entity, key, operators: column.operators };
  // MLflow looks at the value first.
  const value = written.operand && readOperand(column, written.operand, what);
  const operator = operatorOf(what, written);
  const isList = Array.isArray(value);
  if (isList !== (operator === 'IN' || operator === 'NOT IN')) {
    throw invalidParameter(
      `Invalid comparator '${operator}' for ${entity.name} '${key}': ${isList ? 'a list needs' : 'a list follows'} IN or NOT IN.`,
    );
  }
  const comparison: Comparison<O> = { kind: 'compare', entity: column.entity ?? entity.name, key: column.key ?? key, operator, value };
  return column.settle?.(comparison) ?? comparison;
}

function entityOf<O extends string>({ entities, listed }: FilterGrammar<O>, word: string): Entity<O> {
  const entity = Object.hasOwn(entities, word) ? entities[word] : undefined;
  if (entity === undefined) throw invalidParameter(`Invalid entity type '${word}'. ${listed}`);
  return entity;
}

function columnOf<O extends string>({ name, keys = {}, others }: Entity<O>, key: string): Column<O> {
  const column = Object.hasOwn(keys, key) ? keys[key] : others;
  if (key === '' || key.includes('\0') || column === undefined) {
    throw invalidParameter(
      `Invalid ${name} key '${key}' specified. Valid keys are '{${Object.keys(keys)
        .map((valid) => `'${valid}'`)
        .join(', ')}}'`,
    );
  }
  return column;
}

function operatorOf<O extends string>(
  { entity, key, operators }: { entity: Entity<O>; key: string; operators: readonly O[] },
  written: Written,
): O {
  const operator = operators.find((known) => known === written.operator);
  if (operator !== undefined) return operator;
  const list = operators.map((known) => `'${known}'`).join(', ');
  throw invalidParameter(
    `Invalid comparison operator for ${entity.name} '${key}'. Invalid comparator '${written.operator}' not one of '{${list}}'`,
  );
}
