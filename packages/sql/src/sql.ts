import { AppError, type Sql } from '@mlab/kernel';
import { wireValue, type SqlValue } from '#/wire-value.ts';

/**
 * A statement, or a part of one, and the only thing that becomes text. Its private field is what no object made by hand can have,
 * so a string that came from outside reaches the database as a value or not at all.
 */
class Statement implements Sql {
  readonly #pieces: readonly string[];
  readonly values: readonly (string | Buffer | null)[];
  /** Under which a connection keeps the prepared statement; only for texts that stand in the code as they are. */
  readonly name: string | undefined;
  #text: string | undefined;

  constructor(pieces: readonly string[], values: readonly (string | Buffer | null)[], fixed?: Fixed) {
    this.#pieces = pieces;
    this.values = values;
    this.#text = fixed?.text;
    this.name = fixed?.name;
  }

  get text(): string {
    return (this.#text ??= numbered(this.#pieces));
  }

  static is(value: unknown): value is Statement {
    return typeof value === 'object' && value !== null && #pieces in value;
  }

  static piecesOf(statement: Statement): readonly string[] {
    return statement.#pieces;
  }
}

/** What is the same each time one place in the code makes its statement. */
interface Fixed {
  readonly text: string;
  readonly name: string;
}

const fixed = new WeakMap<TemplateStringsArray, Fixed>();
let named = 0;

/** A statement of its text and its values: sql`SELECT name FROM model WHERE id = ${id}`. A statement inside another becomes part of its text. */
export function sql(strings: TemplateStringsArray, ...values: readonly (Sql | SqlValue)[]): Sql {
  if (!Object.isFrozen(strings) || !Array.isArray(strings.raw))
    throw new Error('sql is a template tag: write sql`…` and give values as ${value}.');
  return values.some((value) => Statement.is(value)) ? spliced(strings, values) : plain(strings, values as readonly SqlValue[]);
}

function plain(strings: TemplateStringsArray, values: readonly SqlValue[]): Statement {
  let known = fixed.get(strings);
  if (known === undefined) {
    known = { text: numbered(strings), name: `s${++named}` };
    fixed.set(strings, known);
  }
  return new Statement(strings, values.map(wireValue), known);
}

function spliced(strings: readonly string[], values: readonly (Sql | SqlValue)[]): Statement {
  const pieces = [strings[0] as string];
  const bound: (string | Buffer | null)[] = [];
  for (const [index, value] of values.entries()) {
    const next = strings[index + 1] as string;
    if (Statement.is(value)) {
      if (Statement.piecesOf(value).length !== value.values.length + 1) throw new Error('A verbatim statement cannot be part of another.');
      const [first, ...rest] = Statement.piecesOf(value);
      pieces[pieces.length - 1] += first as string;
      pieces.push(...rest);
      pieces[pieces.length - 1] += next;
      bound.push(...value.values);
    } else {
      bound.push(wireValue(value as SqlValue));
      pieces.push(next);
    }
  }
  return new Statement(pieces, bound);
}

function numbered(pieces: readonly string[]): string {
  let text = pieces[0] as string;
  for (let index = 1; index < pieces.length; index++) text += `$${index}${pieces[index] as string}`;
  return text;
}

/** A name of a table or a column that is known only when the program runs. */
export function identifier(name: string): Sql {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > 63 || name.includes('\0') || !name.isWellFormed())
    throw new Error(`${JSON.stringify(name.slice(0, 80))} cannot be a name in the database: expected 1 to 63 bytes without NUL.`);
  return new Statement([`"${name.replaceAll('"', '""')}"`], []);
}

/** The fragments with the separator between them; without fragments: nothing. */
export function join(fragments: readonly Sql[], separator: Sql = COMMA): Sql {
  const parts = fragments.flatMap((fragment, index) => (index === 0 ? [fragment] : [separator, fragment]));
  return spliced(
    Array.from({ length: parts.length + 1 }, () => ''),
    parts.map(statementOf),
  );
}

/** A statement that a library has written, with `$1`, `$2`, … for its values: pg-boss's. Never one of our own. */
export function verbatim(text: string, values: readonly unknown[]): Sql {
  return new Statement(
    [text],
    values.map((value) => wireValue(value as SqlValue)),
  );
}

/** A value of JSON. The text form is sent, so arrays stay JSON and do not become PostgreSQL's. */
export function jsonb(value: unknown): Sql {
  return sql`${jsonText(value)}::jsonb`;
}

/** JSON's text, or a sentence for what JSON has no text for, or jsonb no room. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new Error(`A ${typeof value} has no form in JSON: pass null for an absent value.`);
  if (text.includes(String.raw`\u`) && UNKEPT.test(text))
    throw new AppError('invalid', 'A text holds the character NUL (U+0000) or half of a surrogate pair, which the database cannot keep.');
  return text;
}

/** The escapes of NUL and of half a pair; whole pairs are not escaped, and two backslashes stand for one. */
const UNKEPT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

const TYPES = ['text', 'int4', 'int8', 'float4', 'float8', 'numeric', 'bool', 'timestamptz', 'date', 'uuid', 'bytea', 'jsonb'] as const;
type ColumnType = (typeof TYPES)[number];
export type Columns = Readonly<Record<string, readonly [type: ColumnType, values: ArrayLike<unknown>]>>;

/**
 * Many rows as one value per column, whatever their number, for one statement that stays the same:
 * sql`INSERT INTO metric (run, key, value) SELECT run, key, value FROM ${unnest({ run: ['text', runs], … })}`.
 */
export function unnest(columns: Columns): Sql {
  const entries = Object.entries(columns);
  const lengths = new Set(entries.map(([, [, values]]) => values.length));
  if (lengths.size !== 1) throw new Error(`unnest needs columns of one length, and got ${[...lengths].join(' and ') || 'no column'}.`);
  const arrays = entries.map(([, [type, values]]) => sql`${arrayOf(type, values) as SqlValue}::${typeName(type)}[]`);
  return sql`unnest(${join(arrays)}) AS row_of(${join(entries.map(([name]) => identifier(name)))})`;
}

function arrayOf(type: ColumnType, values: ArrayLike<unknown>): ArrayLike<unknown> {
  return type === 'jsonb' ? Array.from(values, (value) => (value === null ? null : jsonText(value))) : values;
}

function typeName(type: ColumnType): Sql {
  if (!TYPES.includes(type)) throw new Error(`unnest knows no type ${JSON.stringify(type)}: expected one of ${TYPES.join(', ')}.`);
  return new Statement([type], []);
}

/** The statement behind the interface, or a sentence for an object that was made by hand. */
export function statementOf(statement: Sql): Statement {
  if (Statement.is(statement)) return statement;
  throw new Error('This is no statement of the sql tag: only sql`…` makes one, so that no value becomes part of its text.');
}

const COMMA = sql`, `;
