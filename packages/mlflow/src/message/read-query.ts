import type { ForeignRequest } from '@mlab/kernel';
import { invalidParameter } from '#/errors.ts';
import { checkContentType } from './content-type.ts';
import type { Field } from './field.ts';

/** The parameters behind `?` that a message has fields for, in the form they would have in JSON. */
export function readQuery(fields: Readonly<Record<string, Field<unknown>>>, request: ForeignRequest): Readonly<Record<string, unknown>> {
  checkContentType(request);
  const { query } = request;
  const input: Record<string, unknown> = {};
  if (query === '') return input;
  const parameters = new URLSearchParams(query);
  for (const [name, field] of Object.entries(fields)) {
    const names = field.legacy === undefined ? [name] : [name, field.legacy];
    for (const key of names) {
      if (parameters.has(key)) input[key] = field.kind === 'list' ? parameters.getAll(key) : readOne(field, parameters.get(key) as string);
    }
  }
  refuseBrokenText(input, query);
  return input;
}

function readOne({ kind }: Field<unknown>, value: string): unknown {
  if (kind !== 'bool') return value;
  const lower = value.toLowerCase();
  if (lower !== 'true' && lower !== 'false') throw invalidParameter(`Invalid boolean value: ${value}, must be 'true' or 'false'.`);
  return lower === 'true';
}

/** Bytes that are no UTF-8 have become replacement characters, which hardly anybody sends as themselves. */
function refuseBrokenText(input: Readonly<Record<string, unknown>>, query: string): void {
  if (/\ufffd|%ef%bf%bd/i.test(query)) return;
  for (const [name, value] of Object.entries(input)) {
    if (String(value).includes('\ufffd')) throw invalidParameter(`Invalid value for parameter '${name}' supplied: it is not UTF-8.`);
  }
}
