import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, STATUS, type ErrorCode } from '@mlab/kernel/errors';
import { mlflowError, renderMlflowError, type MlflowErrorCode } from '@mlab/mlflow';

describe("MLflow's codes keep their statuses", () => {
  const table: Readonly<Record<MlflowErrorCode, number>> = {
    INTERNAL_ERROR: 500,
    INVALID_STATE: 409,
    DATA_LOSS: 500,
    NOT_IMPLEMENTED: 501,
    TEMPORARILY_UNAVAILABLE: 503,
    DEADLINE_EXCEEDED: 504,
    REQUEST_LIMIT_EXCEEDED: 429,
    RESOURCE_EXHAUSTED: 429,
    CANCELLED: 499,
    ABORTED: 409,
    RESOURCE_CONFLICT: 409,
    ALREADY_EXISTS: 409,
    NOT_FOUND: 404,
    ENDPOINT_NOT_FOUND: 404,
    RESOURCE_DOES_NOT_EXIST: 404,
    PERMISSION_DENIED: 403,
    CUSTOMER_UNAUTHORIZED: 401,
    UNAUTHENTICATED: 401,
    BAD_REQUEST: 400,
    RESOURCE_ALREADY_EXISTS: 400,
    INVALID_PARAMETER_VALUE: 400,
  };
  for (const [code, status] of Object.entries(table) as [MlflowErrorCode, number][]) {
    test(`${code} is ${status}`, () => {
      const rendered = renderMlflowError(mlflowError(code, 'It "went" wrong.'));
      assert.deepEqual(
        { ...rendered, body: JSON.parse(rendered.body) },
        { status, contentType: 'application/json', body: { error_code: code, message: 'It "went" wrong.' } },
      );
    });
  }
});

describe('an error without a code of MLflow has the nearest one', () => {
  const table: Readonly<Record<ErrorCode, readonly [number, MlflowErrorCode]>> = {
    malformed: [400, 'INVALID_PARAMETER_VALUE'],
    invalid: [400, 'INVALID_PARAMETER_VALUE'],
    unauthenticated: [401, 'UNAUTHENTICATED'],
    forbidden: [403, 'PERMISSION_DENIED'],
    not_found: [404, 'RESOURCE_DOES_NOT_EXIST'],
    method_not_allowed: [405, 'ENDPOINT_NOT_FOUND'],
    timed_out: [408, 'RESOURCE_EXHAUSTED'],
    conflict: [400, 'RESOURCE_ALREADY_EXISTS'],
    too_large: [413, 'INVALID_PARAMETER_VALUE'],
    exhausted: [429, 'RESOURCE_EXHAUSTED'],
    headers_too_large: [431, 'INVALID_PARAMETER_VALUE'],
    cancelled: [499, 'CANCELLED'],
    internal: [500, 'INTERNAL_ERROR'],
    not_implemented: [501, 'NOT_IMPLEMENTED'],
    bad_gateway: [503, 'TEMPORARILY_UNAVAILABLE'],
    unavailable: [503, 'TEMPORARILY_UNAVAILABLE'],
    deadline: [504, 'DEADLINE_EXCEEDED'],
    storage_full: [507, 'RESOURCE_EXHAUSTED'],
  };
  for (const code of Object.keys(STATUS) as ErrorCode[]) {
    test(code, () => {
      const { status, body } = renderMlflowError(new AppError(code, 'No.', { reason: 'a word of another protocol' }));
      assert.deepEqual([status, (JSON.parse(body) as { error_code: string }).error_code], table[code]);
    });
  }
});

test('an error of MLflow is one of ours inside, with its cause', () => {
  const cause = new Error('below');
  const error = mlflowError('RESOURCE_DOES_NOT_EXIST', 'No Experiment with id=7 exists', { cause, retryAfter: 3 });
  assert.deepEqual([error.code, error.reason, error.cause, error.retryAfter], ['not_found', 'RESOURCE_DOES_NOT_EXIST', cause, 3]);
  assert.equal(mlflowError('INVALID_STATE', 'It is deleted.').code, 'conflict');
});

test('a path that nobody serves is no resource that is missing', () => {
  const rendered = renderMlflowError(new AppError('not_found', 'There is nothing at GET /x.', { reason: 'no_route' }));
  assert.deepEqual(
    [rendered.status, JSON.parse(rendered.body)],
    [404, { error_code: 'ENDPOINT_NOT_FOUND', message: 'There is nothing at GET /x.' }],
  );
});
