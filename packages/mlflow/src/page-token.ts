import { createHash } from 'node:crypto';
import { invalidParameter } from '#/errors.ts';
import { pythonRepr } from '#/python.ts';

const MAX_TOKEN_LENGTH = 4096;

/** MLflow's token of a page: where it begins. `{"offset": 1}` has a blank behind the colon, as Python's `json` writes it. */
export function pageToken(offset: number): string {
  return Buffer.from(`{"offset": ${offset}}`).toString('base64');
}

/** Where the page begins that a token stands for: 0 when there is none. */
export function readPageToken(token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  return offsetOf(decodeToken(token));
}

/** What is looked for; a token of one search is of no use to another. */
export interface SearchScope {
  readonly experimentIds: readonly string[];
  readonly filter: string | undefined;
  readonly orderBy: readonly unknown[];
}

/** What is compared, with the words that MLflow has for it. */
const SCOPE: readonly (readonly [name: string, words: string, of: (scope: SearchScope) => unknown])[] = [
  ['experiment_ids', 'Experiment IDs', ({ experimentIds }) => experimentIds],
  ['filter_string', 'Filter string', ({ filter }) => filter ?? ''],
  ['order_by', 'Order by', ({ orderBy }) => orderBy],
];

/** The token of a page of logged models, which holds for one search only. Of what is looked for it has a hash: MLflow's has it all. */
export function searchPageToken(offset: number, scope: SearchScope): string {
  const token = { offset, ...Object.fromEntries(SCOPE.map(([name, , of]) => [name, hash(of(scope))])) };
  return Buffer.from(JSON.stringify(token)).toString('base64');
}

/** Where the page begins that such a token stands for: 0 when there is none. Refuses one of another search. */
export function readSearchPageToken(token: string | undefined, scope: SearchScope): number {
  if (token === undefined || token === '') return 0;
  const text = decodeToken(token);
  const parsed = parseToken(text) as Readonly<Record<string, unknown>>;
  for (const [name, words, of] of SCOPE) {
    if (parsed[name] === hash(of(scope))) continue;
    throw invalidParameter(
      `${words} in the page token ${words.endsWith('s') ? 'do' : 'does'} not match what is requested: the token is of another search.`,
    );
  }
  return offsetOf(text);
}

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

function offsetOf(text: string): number {
  const { offset } = parseToken(text);
  // MLflow writes numbers and reads texts too.
  const number = typeof offset === 'string' && /^\d{1,16}$/.test(offset) ? Number(offset) : offset;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1) {
    throw invalidParameter(`Invalid page token, parsed value=${pythonRepr(text)}`);
  }
  return number;
}

/** The text inside of a token. */
function decodeToken(token: string): string {
  const bare = token.replace(/={0,2}$/, '');
  if (token.length > MAX_TOKEN_LENGTH || token.length % 4 !== 0 || !/^[A-Za-z0-9+/]*$/.test(bare)) {
    throw invalidParameter('Invalid page token, could not base64-decode');
  }
  return Buffer.from(bare, 'base64').toString('utf8');
}

function parseToken(text: string): { readonly offset?: unknown } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // It is told below.
  }
  throw invalidParameter(`Invalid page token, decoded value=b${pythonRepr(text)}`);
}
