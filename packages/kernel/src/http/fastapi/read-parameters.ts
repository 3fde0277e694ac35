import type { AnyOperation } from '../../contract.ts';
import type { Issue } from '../../errors.ts';
import { inputProperties, pathParameters, type InputReader } from '../wire.ts';
import { compileModel } from './model.ts';
import { invalid } from './read-request.ts';

/** The input of a GET: each value is a text of the path or of the query, read as pydantic reads it in lax mode. */
export function parametersReader(operation: AnyOperation): InputReader {
  const model = compileModel<unknown>(operation.input.json);
  const { properties } = inputProperties(operation);
  const inPath = new Set(pathParameters(operation.path));
  const isList = (name: string): boolean => (properties[name] as { type?: unknown }).type === 'array';

  const check = (value: unknown): unknown => {
    const result = model(value, []);
    if ('value' in result) return result.value;
    throw invalid(result.issues.map((issue) => placed(issue, inPath)));
  };
  return {
    check,
    read: ({ params, query }) => {
      const given: Record<string, unknown> = {};
      const texts = new URLSearchParams(query);
      for (const name of Object.keys(properties)) {
        if (inPath.has(name)) given[name] = params[name];
        else if (texts.has(name)) given[name] = isList(name) ? texts.getAll(name) : texts.getAll(name).at(-1);
      }
      return check(given);
    },
  };
}

function placed(issue: Issue, inPath: ReadonlySet<string>): Issue {
  const place = inPath.has(String(issue.loc[0])) ? 'path' : 'query';
  return { ...issue, loc: [place, ...issue.loc], input: issue.type === 'missing' ? null : issue.input };
}
