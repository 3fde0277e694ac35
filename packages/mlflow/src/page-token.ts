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
