import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@mlab/kernel';
import type { ErrorCode, Failure } from '@mlab/kernel';
import { CallFailure, classify, outcomeOf, toAppError } from '#/domain/call-failure.ts';
import type { FailureKind, Outcome } from '#/domain/call-failure.ts';

const failure = (kind: Failure['kind'], notSent: boolean, status?: number): Failure => ({
  kind,
  notSent,
  ...(status === undefined ? {} : { status }),
});

const rows: [error: AppError, kind: FailureKind, notSent: boolean, outcome: Outcome, code: ErrorCode, message: string][] = [
  [
    new AppError('unavailable', 'connect ECONNREFUSED 10.0.0.1:8001', { failure: failure('refused', true) }),
    'refused',
    true,
    'failure',
    'unavailable',
    'Service B is unavailable: it refused the connection',
  ],
  [
    new AppError('unavailable', 'x', { failure: failure('reset', false) }),
    'reset',
    false,
    'failure',
    'unavailable',
    'Service B is unavailable: it closed the connection before it answered',
  ],
  [
    new AppError('deadline', 'x', { failure: failure('timeout', false) }),
    'timeout',
    false,
    'failure',
    'unavailable',
    'Service B is unavailable: it did not answer in time',
  ],
  [
    new AppError('internal', 'secret', { failure: failure('answered', false, 500) }),
    'status',
    false,
    'failure',
    'unavailable',
    'Service B is unavailable: it answered 500',
  ],
  [
    new AppError('invalid', 'x', { failure: failure('answered', false, 422) }),
    'client_error',
    false,
    'success',
    'bad_gateway',
    'Service B did not accept the request: it answered 422',
  ],
  [
    new AppError('exhausted', 'x', { failure: failure('answered', false, 429), retryAfter: 7 }),
    'client_error',
    false,
    'success',
    'unavailable',
    'Service B is unavailable: it answered 429',
  ],
  [
    new AppError('bad_gateway', 'x', { failure: failure('unreadable', false, 200) }),
    'bad_answer',
    false,
    'failure',
    'bad_gateway',
    'Service B gave an answer that could not be read',
  ],
  [
    new AppError('cancelled', 'x', { failure: failure('cancelled', false) }),
    'cancelled',
    false,
    'neutral',
    'cancelled',
    'The call to Service B was cancelled.',
  ],
  [new AppError('unavailable', 'x'), 'status', false, 'failure', 'unavailable', 'Service B is unavailable: it answered 503'],
  [new AppError('deadline', 'x'), 'timeout', false, 'failure', 'unavailable', 'Service B is unavailable: it did not answer in time'],
  [new AppError('conflict', 'x'), 'client_error', false, 'success', 'bad_gateway', 'Service B did not accept the request: it answered 409'],
];
for (const [error, kind, notSent, outcome, code, message] of rows) {
  test(`call failure: ${error.code} ${error.failure?.kind ?? 'without more'} is ${kind}, ${outcome}, and told as ${code}`, () => {
    const known = classify(error);
    assert.ok(known !== undefined);
    assert.deepEqual([known.kind, known.notSent, outcomeOf(known)], [kind, notSent, outcome]);
    const told = toAppError('Service B', known);
    assert.deepEqual([told.code, told.message], [code, message]);
    assert.equal(known.cause, error);
    assert.equal(told.retryAfter, code === 'unavailable' ? (error.retryAfter ?? 1) : undefined);
  });
}

test("call failure: a callee's own trouble with others is not mistaken for a refused connection", () => {
  const error = new AppError('unavailable', 'x', { cause: new CallFailure('refused') });
  assert.deepEqual([classify(error)?.kind, classify(error)?.notSent], ['status', false]);
});

test('call failure: a bug on our side says nothing about the instance', () => {
  assert.equal(classify(new TypeError('x is not a function')), undefined);
  assert.equal(classify('text'), undefined);
  assert.equal(classify(undefined), undefined);
  assert.equal(outcomeOf(undefined), 'neutral');
});

test('call failure: an abort is nobody’s failure', () => {
  assert.equal(classify(new DOMException('x', 'AbortError'))?.kind, 'cancelled');
});
