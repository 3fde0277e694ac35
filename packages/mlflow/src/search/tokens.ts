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
const NAME = String.raw`${PART}(?:(?:\.+|\s+\.(?!\d))\s*${LAST_PART}|::${PART})*`;
/** Names with slashes and dashes, such as `metrics.train/loss`: MLflow reads them unquoted only where it looks for logged models. */
const LOOSE_NAME = String.raw`${NAME}(?:[-/](?!-)${NAME})*`;
const LETTER = String.raw`[_A-Za-z\u00c0-\u00dc\u00e0-\u00fc]`;
const NUMBER = String.raw`-?\d+(?:\.\d+)?[eE][-+]?\d+|-?(?:\d+\.\d*|\.\d+)(?!${LETTER})|-?\d+(?!${LETTER})`;

const sticky = (pattern: string): RegExp => new RegExp(pattern, 'uy');

/** Blanks are what Python takes for them. */
const SPACE = sticky(String.raw`[\s\u001c-\u001f\u0085]+`);

/** In the order in which they are tried. */
const PATTERNS: readonly (readonly [kind: TokenKind, pattern: RegExp])[] = [
  ['number', sticky(NUMBER)],
  ['text', sticky(String.raw`'(?:''|\\'|[^'])*'`)],
  ['name', sticky(LOOSE_NAME)],
  ['operator', sticky('[<>=~!]+')],
  ['other', sticky('[^]')],
];

const QUOTED = /^"(?:""|\\"|[^"])*"$/;

/** Longer filters are refused before anything looks at them. */
const MAX_LENGTH = 100_000;

/** The tokens of a filter, without the space between them. */
export function tokenize(filter: string): readonly Token[] {
  if (filter.length > MAX_LENGTH) {
    throw invalidParameter(`Invalid filter string: it has ${filter.length} characters, and ${MAX_LENGTH} is the most that is read.`);
  }
  const tokens: Token[] = [];
  for (let at = skipSpace(filter, 0); at < filter.length; at = skipSpace(filter, at)) {
    const token = tokenAt(filter, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function skipSpace(filter: string, at: number): number {
  SPACE.lastIndex = at;
  return SPACE.test(filter) ? SPACE.lastIndex : at;
}

function tokenAt(filter: string, start: number): Token {
  const first = filter.charAt(start);
  if (first === '(') return { kind: 'open', text: first, start };
  if (first === ')') return { kind: 'close', text: first, start };
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = start;
    if (!pattern.test(filter)) continue;
    const text = filter.slice(start, pattern.lastIndex);
    return { kind: kind === 'name' && first === '"' && QUOTED.test(text) ? 'quoted' : kind, text, start };
  }
  // `other` takes anything.
  throw new Error('A character is no token.');
}
