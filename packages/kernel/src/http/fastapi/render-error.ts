import { STATUS, type AppError } from '../../errors.ts';

declare global {
  // In Node 24 and not yet in TypeScript's library.
  interface JSON {
    rawJSON(text: string): unknown;
  }
}

/** FastAPI answers what it can read but not accept with 422; everything else has the status of its code. */
export function fastapiStatus(error: AppError): number {
  return error.code === 'invalid' ? 422 : STATUS[error.code];
}

/** The body of an error, `{"detail": …}`. It always gives one: what an issue echoes was chosen by the sender. */
export function renderError(error: AppError): string {
  if (error.code !== 'invalid' || error.issues === undefined) return JSON.stringify({ detail: error.message });
  try {
    return JSON.stringify({ detail: error.issues }, asFastapi);
  } catch {
    return JSON.stringify({ detail: error.issues.map(({ type, loc, msg }) => ({ type, loc, msg, input: null })) });
  }
}

/** Keys that start with `_sa` FastAPI leaves out. */
function asFastapi(key: string, value: unknown): unknown {
  if (key.startsWith('_sa')) return undefined;
  if (typeof value === 'bigint') return JSON.rawJSON(value.toString());
  if (typeof value === 'number') return asPython(value);
  return value === undefined && key === 'input' ? null : value;
}

/** The negative zero keeps its sign, and a large number that came as a float does not go out as an integer. */
function asPython(value: number): unknown {
  if (Object.is(value, -0)) return JSON.rawJSON('-0.0');
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? JSON.rawJSON(value.toExponential()) : value;
}
