import { isUtf8 } from 'node:buffer';
import type { ForeignRequest } from '@mlab/kernel';
import { invalidParameter } from '#/errors.ts';
import { pythonType } from '#/python.ts';
import { checkContentType } from './content-type.ts';
import { parseLenientJson } from './lenient-json.ts';

/** The object that a body is. Old clients encode it twice; an empty body and `null` are an empty object. */
export function readBody(request: ForeignRequest): unknown {
  checkContentType(request);
  let value = parse(decode(request.body));
  if (typeof value === 'string') value = parse(value);
  if (value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  throw invalidParameter(`Bad Request. The body must be a JSON object. It was of type '${pythonType(value)}'.`);
}

function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw invalidParameter('Bad Request. The body is not UTF-8.');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const value = parseLenientJson(text);
    if (value !== undefined) return value;
    throw invalidParameter(`Bad Request. The body is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.`);
  }
}
