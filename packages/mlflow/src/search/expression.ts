import type { AppError } from '@mlab/kernel';
import { invalidParameter } from '#/errors.ts';
import { pythonRepr } from '#/python.ts';
import { tokenize, type Token } from './tokens.ts';

/** What stands behind an operator, as it is written. */
export interface Operand {
  readonly kind: 'text' | 'quoted' | 'number' | 'name' | 'list';
  readonly text: string;
}

/** A comparison as it is written; nothing is known yet of what may be compared. */
export interface Written {
  readonly kind: 'written';
  readonly name: string;
  /** In capital letters, with one blank between its words. */
  readonly operator: string;
  /** Absent behind IS NULL and IS NOT NULL. */
  readonly operand: Operand | undefined;
}

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | Written;

const MAX_DEPTH = 50;
const MAX_COMPARISONS = 1000;

/**
 * Reads what a filter says: `or := and (OR and)*`, `and := unary (AND? unary)*`, `unary := NOT unary | '(' or ')' | comparison`. MLflow itself has
 * neither OR nor NOT nor parentheses, and does not mind whether AND stands between comparisons, or several times, or at an end. `undefined` when
 * there is no comparison.
 */
export function readExpression(filter: string): Expression | undefined {
  return new Reader(filter).run();
}

class Reader {
  readonly #filter: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #comparisons = 0;

  constructor(filter: string) {
    this.#filter = filter;
    this.#tokens = tokenize(filter);
  }

  run(): Expression | undefined {
    if (this.#tokens.length === 0) throw invalidParameter(`Invalid filter ${pythonRepr(this.#filter)}. Could not be parsed.`);
    if (this.#tokens.every((token) => isWord(token, 'AND'))) return undefined;
    const expression = this.#or();
    if (this.#peek() !== undefined) throw this.#unexpected();
    return expression;
  }

  #or(): Expression {
    const parts = [this.#and()];
    while (this.#take('OR')) parts.push(this.#and());
    return together('or', parts);
  }

  #and(): Expression {
    const parts: Expression[] = [];
    for (;;) {
      while (this.#take('AND'));
      const token = this.#peek();
      if (token === undefined || token.kind === 'close' || isWord(token, 'OR')) break;
      parts.push(this.#unary());
    }
    if (parts.length === 0) throw this.#unexpected();
    return together('and', parts);
  }

  #unary(): Expression {
    if (++this.#depth > MAX_DEPTH) throw invalidParameter(`Invalid filter string: it is nested deeper than ${MAX_DEPTH} levels.`);
    let expression: Expression;
    if (this.#take('NOT')) {
      expression = { kind: 'not', part: this.#unary() };
    } else if (this.#peek()?.kind === 'open') {
      this.#at++;
      expression = this.#or();
      if (this.#peek()?.kind !== 'close') throw this.#unexpected();
      this.#at++;
    } else {
      expression = this.#comparison();
    }
    this.#depth--;
    return expression;
  }

  #comparison(): Written {
    const left = this.#peek();
    if (left === undefined || (left.kind !== 'name' && left.kind !== 'quoted') || isReserved(left)) {
      const right = this.#tokens[this.#at + 1];
      if (left === undefined || right?.kind !== 'operator') throw this.#unexpected();
      throw invalidParameter(`Invalid comparison clause. Expected 'Identifier' found '${left.text}'`);
    }
    if (++this.#comparisons > MAX_COMPARISONS)
      throw invalidParameter(`Invalid filter string: it has more than ${MAX_COMPARISONS} comparisons.`);
    this.#at++;
    const operator = this.#operator(left);
    if (operator.endsWith('IN') && this.#peek()?.kind !== 'open') throw this.#unexpected(left);
    const operand = operator.startsWith('IS ') ? undefined : this.#operand(left);
    return { kind: 'written', name: left.text, operator, operand };
  }

  #operator(left: Token): string {
    const token = this.#peek();
    if (token?.kind === 'operator') {
      this.#at++;
      return token.text;
    }
    for (const words of OPERATORS) {
      const start = this.#at;
      if (words.every((word) => this.#take(word))) return words.join(' ');
      this.#at = start;
    }
    throw this.#unexpected(left);
  }

  #operand(left: Token): Operand {
    const token = this.#peek();
    switch (token?.kind) {
      case 'text':
      case 'quoted':
      case 'number':
        this.#at++;
        return { kind: token.kind, text: token.text };
      case 'name':
        if (isReserved(token)) break;
        this.#at++;
        return { kind: 'name', text: token.text };
      case 'open':
        return { kind: 'list', text: this.#list(token) };
      case 'operator':
      case 'close':
      case 'other':
      case undefined:
        break;
    }
    throw this.#unexpected(left);
  }

  /** A list with its parentheses; what is in it is read later, as Python would. */
  #list({ start }: Token): string {
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at] as Token;
      if (token.kind === 'open') depth++;
      if (token.kind === 'close' && --depth === 0) {
        this.#at++;
        return this.#filter.slice(start, token.start + 1);
      }
    }
    throw this.#unexpected();
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #take(word: string): boolean {
    const token = this.#peek();
    if (token === undefined || !isWord(token, word)) return false;
    this.#at++;
    return true;
  }

  /** Says what cannot stand where it stands: the token that is next, with what it cannot follow. */
  #unexpected(after?: Token): AppError {
    const token = this.#peek() ?? this.#tokens.at(-1);
    const from = after ?? token;
    const text = from === undefined || token === undefined ? this.#filter : this.#filter.slice(from.start, token.start + token.text.length);
    const where = this.#peek() === undefined ? 'the end of the filter' : `character ${(token?.start ?? 0) + 1}`;
    return invalidParameter(`Invalid clause(s) in filter string: '${shorten(text)}' (at ${where})`);
  }
}

const OPERATORS: readonly (readonly string[])[] = [
  ['IN'],
  ['NOT', 'IN'],
  ['IS', 'NULL'],
  ['IS', 'NOT', 'NULL'],
  ['LIKE'],
  ['ILIKE'],
  ['RLIKE'],
  ['NOT', 'LIKE'],
  ['NOT', 'ILIKE'],
  ['NOT', 'RLIKE'],
];

const RESERVED = new Set(['AND', 'OR', 'NOT', 'IN', 'IS', 'NULL', 'LIKE', 'ILIKE', 'RLIKE']);

const isReserved = ({ text }: Token): boolean => text.length <= 5 && RESERVED.has(text.toUpperCase());

const isWord = ({ kind, text }: Token, word: string): boolean =>
  kind === 'name' && text.length === word.length && text.toUpperCase() === word;

const together = (kind: 'and' | 'or', parts: readonly Expression[]): Expression =>
  parts.length === 1 ? (parts[0] as Expression) : { kind, parts };

const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
