import { invalidParameter } from '#/errors.ts';
import { pythonRepr } from '#/python.ts';

const MAX_TOKEN_LENGTH = 4096;

/**
 * MLflow's token of a page: where it begins. `{"offset": 1}` has a blank behind the colon, as Python's `json` writes it. `after` is what the
 * page before ended with, so that what comes and goes meanwhile neither hides nor repeats anything; MLflow does not write it.
 */
export function pageToken(offset: number, after?: string): string {
  const token = after === undefined ? `{"offset": ${offset}}` : `{"offset": ${offset}, "after": ${JSON.stringify(after)}}`;
  return Buffer.from(token).toString('base64');
}

/** Where the page begins that a token stands for: 0 when there is none. */
export function readPageToken(token: string | undefined): number {
  return readPageStart(token).offset;
}

interface PageStart {
  readonly offset: number;
  readonly after: string | undefined;
}

/** The same, with what the page before ended with, if the token says it. */
export function readPageStart(token: string | undefined): PageStart {
  if (token === undefined || token === '') return { offset: 0, after: undefined };
  const text = decodeToken(token);
  const { offset, after } = parseToken(text);
  if (after !== undefined && (typeof after !== 'string' || !/^[\w-]{1,256}$/.test(after))) throw notAPlace(text);
  return { offset: readOffset(offset, text), after };
}

const notAPlace = (text: string): Error => invalidParameter(`Invalid page token, parsed value=${pythonRepr(text)}`);

function readOffset(offset: unknown, text: string): number {
  // MLflow writes numbers and reads texts too.
  const number = typeof offset === 'string' && /^\d{1,16}$/.test(offset) ? Number(offset) : offset;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1) throw notAPlace(text);
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

function parseToken(text: string): { readonly offset?: unknown; readonly after?: unknown } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // It is told below.
  }
  throw invalidParameter(`Invalid page token, decoded value=b${pythonRepr(text)}`);
}
