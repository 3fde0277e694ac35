import type { RenderedError } from '@mlab/kernel';
import { AppError, STATUS, type ErrorCode } from '@mlab/kernel/errors';

interface Meaning {
  readonly status: number;
  /** What it is inside. */
  readonly code: ErrorCode;
}

/**
 * MLflow's codes with its statuses (`mlflow/exceptions.py`), but for one: INVALID_STATE is 500 there, and its client repeats a 500 for
 * minutes. No repetition changes the state, so here it is a conflict. The client goes by the code and does not look at the status.
 */
const MEANINGS = {
  INTERNAL_ERROR: { status: 500, code: 'internal' },
  INVALID_STATE: { status: 409, code: 'conflict' },
  DATA_LOSS: { status: 500, code: 'internal' },
  NOT_IMPLEMENTED: { status: 501, code: 'not_implemented' },
  TEMPORARILY_UNAVAILABLE: { status: 503, code: 'unavailable' },
  DEADLINE_EXCEEDED: { status: 504, code: 'deadline' },
  REQUEST_LIMIT_EXCEEDED: { status: 429, code: 'exhausted' },
  RESOURCE_EXHAUSTED: { status: 429, code: 'exhausted' },
  CANCELLED: { status: 499, code: 'cancelled' },
  ABORTED: { status: 409, code: 'conflict' },
  RESOURCE_CONFLICT: { status: 409, code: 'conflict' },
  ALREADY_EXISTS: { status: 409, code: 'conflict' },
  NOT_FOUND: { status: 404, code: 'not_found' },
  ENDPOINT_NOT_FOUND: { status: 404, code: 'not_found' },
  RESOURCE_DOES_NOT_EXIST: { status: 404, code: 'not_found' },
  PERMISSION_DENIED: { status: 403, code: 'forbidden' },
  CUSTOMER_UNAUTHORIZED: { status: 401, code: 'unauthenticated' },
  UNAUTHENTICATED: { status: 401, code: 'unauthenticated' },
  BAD_REQUEST: { status: 400, code: 'invalid' },
  /** 400 and not 409: so does MLflow. */
  RESOURCE_ALREADY_EXISTS: { status: 400, code: 'conflict' },
  INVALID_PARAMETER_VALUE: { status: 400, code: 'invalid' },
} as const satisfies Readonly<Record<string, Meaning>>;

export type MlflowErrorCode = keyof typeof MEANINGS;

/** What MLflow's clients are told of an error that names none of their codes. */
const WORDS: Readonly<Record<ErrorCode, readonly [code: MlflowErrorCode, status: number]>> = {
  malformed: ['INVALID_PARAMETER_VALUE', 400],
  invalid: ['INVALID_PARAMETER_VALUE', 400],
  unauthenticated: ['UNAUTHENTICATED', 401],
  forbidden: ['PERMISSION_DENIED', 403],
  not_found: ['RESOURCE_DOES_NOT_EXIST', 404],
  method_not_allowed: ['ENDPOINT_NOT_FOUND', STATUS.method_not_allowed],
  timed_out: ['RESOURCE_EXHAUSTED', STATUS.timed_out],
  conflict: ['RESOURCE_ALREADY_EXISTS', 400],
  too_large: ['INVALID_PARAMETER_VALUE', STATUS.too_large],
  exhausted: ['RESOURCE_EXHAUSTED', 429],
  headers_too_large: ['INVALID_PARAMETER_VALUE', STATUS.headers_too_large],
  cancelled: ['CANCELLED', 499],
  internal: ['INTERNAL_ERROR', 500],
  not_implemented: ['NOT_IMPLEMENTED', 501],
  bad_gateway: ['TEMPORARILY_UNAVAILABLE', 503],
  unavailable: ['TEMPORARILY_UNAVAILABLE', 503],
  deadline: ['DEADLINE_EXCEEDED', 504],
  storage_full: ['RESOURCE_EXHAUSTED', STATUS.storage_full],
};

/** A path that nobody serves. By this word clients know a server that is older or newer than they are, and ask in another way. */
const NO_ROUTE = ['ENDPOINT_NOT_FOUND', 404] as const;

type ErrorOptions = NonNullable<ConstructorParameters<typeof AppError>[2]>;

/** An error with MLflow's own word for it: `mlflowError('RESOURCE_DOES_NOT_EXIST', 'No Experiment with id=7 exists')`. */
export function mlflowError(errorCode: MlflowErrorCode, message: string, options: Omit<ErrorOptions, 'reason'> = {}): AppError {
  return new AppError(MEANINGS[errorCode].code, message, { ...options, reason: errorCode });
}

/** The most frequent of them. */
export function invalidParameter(message: string, options?: Omit<ErrorOptions, 'reason'>): AppError {
  return mlflowError('INVALID_PARAMETER_VALUE', message, options);
}

/** An error as MLflow's clients read it, with MLflow's status. */
export function renderMlflowError(error: AppError): RenderedError {
  const { reason } = error;
  const [code, status] = isMlflowErrorCode(reason)
    ? [reason, MEANINGS[reason].status]
    : reason === 'no_route'
      ? NO_ROUTE
      : WORDS[error.code];
  return { status, contentType: 'application/json', body: JSON.stringify({ error_code: code, message: error.message }) };
}

const isMlflowErrorCode = (reason: string | undefined): reason is MlflowErrorCode =>
  reason !== undefined && Object.hasOwn(MEANINGS, reason);
