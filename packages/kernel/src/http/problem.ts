import { Compile, Value } from '@mlab/schema';
import { inWords, issuesOf } from '@mlab/schema/issues';
import type { AnyOperation } from '#/contract.ts';
import { AppError, STATUS, type ErrorCode, type Issue } from '#/errors.ts';
import { readJsonBody } from '#/http/json/read-json-body.ts';
import { lazily } from '#/lazily.ts';
import { inputProperties, pathParameters, readsQuery, type InputReader, type RawRequest, type Wire } from '#/http/wire.ts';

/** Our own operations: JSON in, JSON out, errors as problem+json. https://www.rfc-editor.org/rfc/rfc9457 */
export const problem: Wire = {
  reader,
  renderError: (error) => ({
    status: STATUS[error.code],
    contentType: 'application/problem+json',
    body: JSON.stringify({ title: error.code, status: STATUS[error.code], detail: error.message, code: error.code, errors: error.issues }),
  }),
  parseError: (status, body) => {
    const { code, detail, errors } = (body ?? {}) as { code?: ErrorCode; detail?: string; errors?: readonly Issue[] };
    const known = code !== undefined && Object.hasOwn(STATUS, code) ? code : status >= 500 ? 'unavailable' : 'bad_gateway';
    return new AppError(known, detail ?? `It answered ${status}.`, { issues: errors });
  },
  notFound: (method, path) => new AppError('not_found', `There is nothing at ${method} ${path}.`),
  methodNotAllowed: (method, path) => new AppError('method_not_allowed', `${path} does not take ${method}.`),
  redirectsSlashes: false,
  invalid: {
    status: STATUS.invalid,
    contentType: 'application/problem+json',
    schema: { $ref: '#/components/schemas/Problem' },
    schemas: {
      Problem: {
        type: 'object',
        required: ['title', 'status', 'detail', 'code'],
        properties: {
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          code: { type: 'string', enum: Object.keys(STATUS) },
          errors: { type: 'array', items: { type: 'object' } },
        },
      },
    },
  },
};

function reader(operation: AnyOperation): InputReader {
  const schema = operation.input.json;
  const validator = lazily(() => Compile(schema));
  const { properties } = inputProperties(operation);
  const inPath = new Set(pathParameters(operation.path));
  const place = (name: string): string => (inPath.has(name) ? 'path' : readsQuery(operation) ? 'query' : 'body');
  const placeOf = (path: readonly string[]): readonly string[] => [place(path[0] ?? ''), ...path];

  const check = (value: unknown): unknown => {
    const complete = Value.Default(schema, value);
    if (validator().Check(complete)) return complete;
    const issues = issuesOf(validator().Errors(complete), complete).map((issue) => ({ ...issue, loc: placeOf(issue.loc) }));
    const [first] = issues.map((issue) => `${issue.loc.join('.')} ${inWords(issue)}`);
    throw new AppError('invalid', `${first ?? 'The input is not what was asked for'}.`, { issues });
  };

  const inHeaders = Object.entries(operation.headers ?? {});

  const read = ({ params, query, contentType, body, headers = {} }: RawRequest): unknown => {
    const fromBody = operation.method === 'GET' || body.length === 0 ? {} : readJson(body, contentType);
    if (typeof fromBody !== 'object' || fromBody === null || Array.isArray(fromBody)) {
      throw new AppError('invalid', 'The body must be a JSON object.', {
        issues: [{ type: 'type', loc: ['body'], msg: 'must be object', input: fromBody }],
      });
    }
    const texts: Record<string, unknown> = {};
    for (const [name, value] of new URLSearchParams(query)) texts[name] = name in texts ? [texts[name], value].flat() : value;
    for (const [name, header] of inHeaders) if (headers[header] !== undefined) texts[name] = headers[header];
    Object.assign(texts, params);
    // A path or a query holds only text: what looks like the number or boolean that is asked for becomes one.
    for (const [name, text] of Object.entries(texts)) {
      const property = properties[name];
      if (property !== undefined) texts[name] = Value.Convert(property, text);
    }
    return check({ ...texts, ...fromBody, ...Object.fromEntries([...inPath].map((name) => [name, texts[name]])) });
  };

  return { read, check };
}

function readJson(body: Buffer, contentType: string | undefined): unknown {
  const reading = readJsonBody(body, contentType);
  if (reading.kind === 'malformed') throw new AppError('malformed', 'The body is not valid UTF-8 text.');
  if (reading.kind === 'issues') throw new AppError('malformed', 'The body is not valid JSON.', { issues: reading.issues });
  if (reading.json === undefined) throw new AppError('malformed', 'The body must be JSON, sent with content-type application/json.');
  return reading.value;
}
