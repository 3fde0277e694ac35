import { AppError, STATUS } from '@mlab/kernel';

/**
 * How a call to an instance failed.
 * - `refused`: no connection came about (refused, no such host, connect timeout)
 * - `reset`: the connection broke before the whole answer was there
 * - `timeout`: no answer in time
 * - `status`: it answered 5xx
 * - `bad_answer`: it answered 2xx, and the answer cannot be read
 * - `client_error`: it answered 4xx: it works, and did not like the request
 * - `cancelled`: the caller went away
 */
export type FailureKind = 'refused' | 'reset' | 'timeout' | 'status' | 'bad_answer' | 'client_error' | 'cancelled';

export interface CallFailureOptions extends ErrorOptions {
  /**
   * The instance cannot have begun to work on the request, so that repeating it is safe whatever it does. Default: true
   * for `refused`, false for all else. A transport sets it for a `reset` only when it knows that no byte of the request
   * was taken by the other side.
   */
  readonly notSent?: boolean;
  readonly status?: number;
  /** Seconds, as the instance's own `Retry-After` says. */
  readonly retryAfter?: number | undefined;
  /** Short reason after "Service B is unavailable: ", without addresses. Default: by kind. */
  readonly reason?: string;
}

/**
 * What a transport throws when a call to an instance fails. Its message is the short reason that may be shown to
 * anybody; what is not for everybody belongs in `cause`.
 */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly kind: FailureKind;
  readonly notSent: boolean;
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;

  constructor(kind: FailureKind, options: CallFailureOptions = {}) {
    super(options.reason ?? reasonOf(kind, options.status), options);
    this.kind = kind;
    this.notSent = options.notSent ?? kind === 'refused';
    this.status = options.status;
    this.retryAfter = options.retryAfter;
  }
}

function reasonOf(kind: FailureKind, status: number | undefined): string {
  switch (kind) {
    case 'refused':
      return 'it refused the connection';
    case 'reset':
      return 'it closed the connection before it answered';
    case 'timeout':
      return 'it did not answer in time';
    case 'status':
    case 'client_error':
      return `it answered ${status ?? 'with an error'}`;
    case 'bad_answer':
      return 'its answer could not be read';
    case 'cancelled':
      return 'the caller went away';
  }
}

/** System and undici codes, by what they say about the request. A code that may come before or after sending counts as sent. */
const KIND_OF_CODE = new Map<string, FailureKind>([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'refused'],
  ['ENETUNREACH', 'refused'],
  ['EHOSTDOWN', 'refused'],
  ['ENOTFOUND', 'refused'],
  ['EAI_AGAIN', 'refused'],
  ['EADDRNOTAVAIL', 'refused'],
  ['EMFILE', 'refused'],
  ['UND_ERR_CONNECT_TIMEOUT', 'refused'],
  ['ECONNRESET', 'reset'],
  ['ECONNABORTED', 'reset'],
  ['EPIPE', 'reset'],
  ['UND_ERR_SOCKET', 'reset'],
  ['UND_ERR_CLOSED', 'reset'],
  ['UND_ERR_DESTROYED', 'reset'],
  ['ETIMEDOUT', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
  ['UND_ERR_ABORTED', 'cancelled'],
  ['ABORT_ERR', 'cancelled'],
]);

const REASON_OF_CODE = new Map<string, string>([
  ['ENOTFOUND', 'its address is not known'],
  ['EAI_AGAIN', 'its address is not known'],
  ['EHOSTUNREACH', 'it cannot be reached'],
  ['ENETUNREACH', 'it cannot be reached'],
  ['EHOSTDOWN', 'it cannot be reached'],
  ['ETIMEDOUT', 'it did not answer in time'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it did not accept the connection in time'],
  ['EADDRNOTAVAIL', 'no connection to it could be opened'],
  ['EMFILE', 'no connection to it could be opened'],
]);

/**
 * Any thrown value as a CallFailure, or undefined when it says nothing about the instance (a bug on our side).
 * Looks through `cause` first: an AppError that wraps a refused connection is a refused connection.
 */
export function classify(error: unknown, depth = 0): CallFailure | undefined {
  if (error instanceof CallFailure) return error;
  if (!(error instanceof Error) || depth > 4) return undefined;
  const inner = error.cause === undefined ? undefined : classify(error.cause, depth + 1);
  if (inner !== undefined) return inner;
  if (AppError.is(error)) return ofAppError(error);
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') {
    const connecting = 'syscall' in error && error.syscall === 'connect';
    const kind = connecting ? 'refused' : KIND_OF_CODE.get(code);
    const reason = REASON_OF_CODE.get(code);
    if (kind !== undefined) return new CallFailure(kind, { cause: error, ...(reason === undefined ? {} : { reason }) });
  }
  // A host with several addresses: connecting failed for each of them, and the first is as good as any.
  if (error instanceof AggregateError) return classify(error.errors[0], depth + 1);
  if (error.name === 'AbortError') return new CallFailure('cancelled', { cause: error });
  if (error.name === 'TimeoutError') return new CallFailure('timeout', { cause: error });
  return undefined;
}

/** A typed client maps statuses to codes, over HTTP and within the process alike; this is the way back. */
function ofAppError(error: AppError): CallFailure {
  const status = STATUS[error.code];
  const options = { cause: error, status, retryAfter: error.retryAfter };
  if (error.code === 'cancelled') return new CallFailure('cancelled', options);
  if (error.code === 'deadline') return new CallFailure('timeout', options);
  if (error.code === 'bad_gateway') return new CallFailure('bad_answer', options);
  return new CallFailure(status >= 500 ? 'status' : 'client_error', options);
}

/** The answer to the caller for a call that failed for good. `upstream` is the name outsiders know, such as "Service B". */
export function toAppError(upstream: string, failure: CallFailure): AppError {
  switch (failure.kind) {
    case 'cancelled':
      return new AppError('cancelled', `The call to ${upstream} was cancelled.`, { cause: failure });
    case 'bad_answer':
      return new AppError('bad_gateway', `${upstream} gave an answer that could not be read`, { cause: failure });
    case 'client_error':
      // 429 is not about this request but about all of them: the caller should come back, not change it.
      if (failure.status === 429) break;
      return new AppError('bad_gateway', `${upstream} did not accept the request: ${failure.message}`, { cause: failure });
    case 'refused':
    case 'reset':
    case 'timeout':
    case 'status':
      break;
  }
  return unavailable(upstream, failure.message, failure.retryAfter ?? 1, failure);
}

/** `retryAfter` in seconds, rounded up: `Retry-After` knows no fractions, and 0 would invite an endless loop. */
export function unavailable(upstream: string, reason: string, retryAfter: number, cause?: Error): AppError {
  return new AppError('unavailable', `${upstream} is unavailable: ${reason}`, {
    retryAfter: Math.max(1, Math.ceil(retryAfter)),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What a finished attempt says about its instance. `neutral`: nothing. */
export type Outcome = 'success' | 'failure' | 'neutral';

export function outcomeOf(failure: CallFailure | undefined): Outcome {
  if (failure === undefined || failure.kind === 'cancelled') return 'neutral';
  return failure.kind === 'client_error' ? 'success' : 'failure';
}
