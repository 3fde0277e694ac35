import { AppError, STATUS, type ErrorCode, type Issue } from '#/errors.ts';
import { compileModel } from '#/http/fastapi/model.ts';
import { validationErrorSchemas } from '#/http/fastapi/openapi.ts';
import { bodyAndPathReader } from '#/http/fastapi/read-body-and-path.ts';
import { parametersReader } from '#/http/fastapi/read-parameters.ts';
import { readRequest } from '#/http/fastapi/read-request.ts';
import { fastapiStatus, renderError } from '#/http/fastapi/render-error.ts';
import { pathParameters, type Wire } from '#/http/wire.ts';

/** The wire of the lab's two services: what a FastAPI program with the same models reads and says, to the letter. */
export const fastapi: Wire = {
  reader: (operation) => {
    if (operation.method === 'GET') return parametersReader(operation);
    if (pathParameters(operation.path).length > 0) return bodyAndPathReader(operation);
    const model = compileModel<unknown>(operation.input.json);
    return {
      read: ({ body, contentType }) => {
        const result = readRequest(body, contentType, model);
        if (result instanceof AppError) throw result;
        return result.value;
      },
      check: (value) => {
        const result = model(value, ['body']);
        if ('value' in result) return result.value;
        throw new AppError('invalid', 'The input is not what was asked for.', { issues: result.issues });
      },
    };
  },
  renderError: (error) => ({ status: fastapiStatus(error), contentType: 'application/json', body: renderError(error) }),
  parseError: (status, body) => {
    const detail = (body as { detail?: unknown } | undefined)?.detail;
    const issues = Array.isArray(detail) ? (detail as readonly Issue[]) : undefined;
    const message = typeof detail === 'string' ? detail : (issues?.[0]?.msg ?? `It answered ${status}.`);
    return new AppError(codeOf(status), message, { issues });
  },
  notFound: () => new AppError('not_found', 'Not Found'),
  methodNotAllowed: () => new AppError('method_not_allowed', 'Method Not Allowed'),
  redirectsSlashes: true,
  invalid: {
    status: 422,
    contentType: 'application/json',
    schema: { $ref: '#/components/schemas/HTTPValidationError' },
    schemas: validationErrorSchemas(),
  },
};

function codeOf(status: number): ErrorCode {
  if (status === 422) return 'invalid';
  const known = (Object.keys(STATUS) as ErrorCode[]).find((code) => STATUS[code] === status);
  return known ?? (status >= 500 ? 'unavailable' : 'bad_gateway');
}
