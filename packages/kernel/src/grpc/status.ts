import { STATUS, type ErrorCode } from '#/errors.ts';

/** https://grpc.io/docs/guides/status-codes/ */
export const GRPC_STATUS: Readonly<Record<ErrorCode, number>> = {
  malformed: 3,
  invalid: 3,
  unauthenticated: 16,
  forbidden: 7,
  not_found: 5,
  method_not_allowed: 12,
  timed_out: 4,
  conflict: 9,
  too_large: 8,
  exhausted: 8,
  headers_too_large: 8,
  cancelled: 1,
  internal: 13,
  not_implemented: 12,
  bad_gateway: 14,
  unavailable: 14,
  deadline: 4,
  storage_full: 8,
};

/** What a status of somebody else's server means here. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  1: 'cancelled',
  2: 'bad_gateway',
  3: 'invalid',
  4: 'deadline',
  5: 'not_found',
  6: 'conflict',
  7: 'forbidden',
  8: 'exhausted',
  9: 'conflict',
  10: 'conflict',
  11: 'invalid',
  12: 'not_implemented',
  13: 'bad_gateway',
  14: 'unavailable',
  15: 'bad_gateway',
  16: 'unauthenticated',
};

/** The trailer that says in our own words what went wrong: gRPC has fewer. */
export const CODE_TRAILER = 'mlab-error';
/** The issues of an error, as JSON; as many as there is room for. */
export const ISSUES_TRAILER = 'mlab-issues-bin';
/** As over HTTP, in seconds. */
export const RETRY_TRAILER = 'retry-after';

export function codeOf(status: number, own: string | undefined): ErrorCode {
  return own !== undefined && Object.hasOwn(STATUS, own) ? (own as ErrorCode) : (CODES[status] ?? 'bad_gateway');
}
