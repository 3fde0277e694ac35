import { encodings } from './requests/encodings.ts';
import { limits } from './requests/limits.ts';
import type { Case } from './requests/request.ts';
import { routes } from './requests/routes.ts';
import { syntax } from './requests/syntax.ts';
import { values } from './requests/values.ts';

/** Everything that the two services of the lab are asked, each once. */
export const requests: readonly Case[] = distinct([...routes, ...values, ...syntax, ...encodings, ...limits]);

function distinct(cases: readonly Case[]): readonly Case[] {
  const seen = new Map(cases.map((request) => [JSON.stringify([request.service, request.name]), request]));
  if (seen.size < cases.length) {
    const twice = cases.filter((request) => seen.get(JSON.stringify([request.service, request.name])) !== request);
    throw new Error(`Two requests have the same name: ${twice.map(({ name }) => name).join(', ')}`);
  }
  return cases;
}
