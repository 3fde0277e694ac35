import { isJsonType } from './content-type.ts';
import { decodeBody } from './decode-body.ts';
import { isWithinLimits } from './json-limits.ts';
import { findJsonFault } from './python-json.ts';
import type { Issue } from '../../errors.ts';

/** A body up to its value, before any model has looked at it. */
export type BodyReading =
  | {
      readonly kind: 'value';
      /** `undefined` when there was no body at all. */
      readonly value: unknown;
      /** The JSON that the value was read from; `undefined` when it is not from JSON. */
      readonly json: string | undefined;
    }
  | { readonly kind: 'issues'; readonly issues: readonly Issue[] }
  | { readonly kind: 'malformed'; readonly message: string };

/** Reads a body as FastAPI does: JSON when the content type says so, else the text as it came. */
export function readJsonBody(bytes: Buffer, contentType: string | undefined): BodyReading {
  if (bytes.length === 0) return { kind: 'value', value: undefined, json: undefined };
  if (!isJsonType(contentType)) return { kind: 'value', value: bytes.toString('utf8'), json: undefined };
  const json = decodeBody(bytes);
  if (json === undefined) return { kind: 'malformed', message: 'There was an error parsing the body' };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refuse(json);
  }
  return isWithinLimits(value) ? { kind: 'value', value, json } : refuse(json);
}

/** The document is known to be bad, so the slow scanner may look for the place. */
function refuse(json: string): BodyReading {
  const fault = findJsonFault(json);
  if (!fault) throw new Error('a JSON document was refused in which the scanner finds no fault');
  const issue = { type: 'json_invalid', loc: ['body', fault.offset], msg: 'JSON decode error', input: {}, ctx: { error: fault.message } };
  return { kind: 'issues', issues: [issue] };
}
