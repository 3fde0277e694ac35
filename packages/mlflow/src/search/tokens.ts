/**
 * The words that MLflow's filters are made of. MLflow reads them with the Python package sqlparse; these patterns are sqlparse's where a filter
 * can tell the difference: no escape ends a text, `5.` and `.5` are numbers, `5a` is a word.
 */
import { invalidParameter } from '#/errors.ts';

export type TokenKind = 'text' | 'quoted' | 'number' | 'name' | 'operator' | 'open' | 'close' | 'other';

export interface Token {
  /** `text` is in single quotes, `quoted` in double ones; a `name` may have several parts; `other` is what no filter has. */
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
}

/** A part of a name, in any way to write it. */
const PART = String.raw`(?:[\p{L}\p{N}_]+|"(?:""|\\"|[^"])*"|` + '`(?:``|[^`])*`)';
const LAST_PART = String.raw`(?:${PART}|'(?:''|\\'|[^'])*'|\*)`;
/** With a blank before it, a dot before a digit belongs to a number. */
const NAME = String.raw`${PART}(?:(?:\.|\s+\.(?!\d))\s*${LAST_PART}|::${PART})*`;
/** Names with slashes and dashes, such as `metrics.train/loss`: MLflow reads them unquoted only where it looks for logged models. */
const LOOSE_NAME = String.raw`${NAME}(?:[-/](?!-)${NAME})*`;
const LETTER = String.raw`[_A-Za-z\u00c0-\u00dc\u00e0-\u00fc]`;
const NUMBER = String.raw`-?\d+(?:\.\d+)?[eE]-?\d+|-?(?:\d+\.\d*|\.\d+)(?!${LETTER})|-?\d+(?!${LETTER})`;

/** In the order in which they are tried; blanks are what Python takes for them. A digit alone begins a number, not a name. */
const TOKEN = new RegExp(
  [
    String.raw`(?<space>[\s\u001c-\u001f\u0085]+)`,
    String.raw`(?<number>${NUMBER})`,
    String.raw`(?<text>'(?:''|\\'|[^'])*')`,
    `(?<name>${LOOSE_NAME})`,
    `(?<operator>[<>=~!]+)`,
    `(?<open>\\()`,
    `(?<close>\\))`,
    `(?<other>[^])`,
  ].join('|'),
  'uy',
);

/** Longer filters are refused before anything looks at them. */
const MAX_LENGTH = 100_000;

/** The tokens of a filter, without the space between them. */
export function tokenize(filter: string): readonly Token[] {
  if (filter.length > MAX_LENGTH) {
    throw invalidParameter(`Invalid filter string: it has ${filter.length} characters, and ${MAX_LENGTH} is the most that is read.`);
  }
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(filter); match !== null; match = TOKEN.exec(filter)) {
    const [text] = match;
    const kind = kindOf(match.groups as Readonly<Record<string, string | undefined>>, text);
    if (kind !== undefined) tokens.push({ kind, text, start: match.index });
  }
  return tokens;
}

function kindOf(groups: Readonly<Record<string, string | undefined>>, text: string): TokenKind | undefined {
  if (groups['space'] !== undefined) return undefined;
  if (groups['name'] !== undefined) return text.startsWith('"') && /^"(?:""|\\"|[^"])*"$/.test(text) ? 'quoted' : 'name';
  for (const kind of ['number', 'text', 'operator', 'open', 'close'] as const) if (groups[kind] !== undefined) return kind;
  return 'other';
}
