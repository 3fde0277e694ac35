import { AppError, STATUS } from '@mlab/kernel';
import type { ErrorCode, Failure } from '@mlab/kernel';

/**
 * How a call to an instance failed.
 * - `refused`: no connection came about
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
 * A failed attempt as the gateway's rules see it. An attempt function may throw it, or an AppError of the kernel's
 * transports, which `classify` turns into one. Its message is the short reason that may be shown to anybody; what is not
 * for everybody stays in `cause`.
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

/**
 * Any thrown value as a CallFailure, or undefined when it says nothing about the instance: a bug on our side must not
 * open a breaker. The kernel's transports say in `failure` what they know; an AppError without it, such as one of a fake,
 * is taken as an answer. Its `cause` is not looked into, because that may be the callee's own trouble with others.
 */
export function classify(error: unknown): CallFailure | undefined {
  if (error instanceof CallFailure) return error;
  if (AppError.is(error)) return ofAppError(error);
  if (error instanceof Error && error.name === 'AbortError') return new CallFailure('cancelled', { cause: error });
  return undefined;
}

function ofAppError(error: AppError): CallFailure {
  const { failure, code, retryAfter } = error;
  const status = failure?.status ?? STATUS[code];
  const kind = kindOf(failure?.kind ?? kindOfCode(code), status);
  return new CallFailure(kind, { cause: error, status, retryAfter, notSent: failure?.notSent ?? false });
}

function kindOf(kind: Failure['kind'], status: number): FailureKind {
  if (kind === 'unreadable') return 'bad_answer';
  if (kind === 'answered') return status >= 500 ? 'status' : 'client_error';
  return kind;
}

function kindOfCode(code: ErrorCode): Failure['kind'] {
  if (code === 'cancelled') return 'cancelled';
  if (code === 'deadline') return 'timeout';
  return code === 'bad_gateway' ? 'unreadable' : 'answered';
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

/**
 * Whether a second attempt may be made: when the first cannot have been processed, or processing twice does no harm.
 * Never when the answer would be the same again, nobody waits for it, or the time went into the first.
 */
export function mayRepeat({ kind, notSent }: CallFailure, safe: boolean): boolean {
  if (kind === 'cancelled' || kind === 'client_error') return false;
  return notSent || (safe && kind !== 'timeout');
}

/** What a finished attempt says about its instance. `neutral`: nothing. */
export type Outcome = 'success' | 'failure' | 'neutral';

export function outcomeOf(failure: CallFailure | undefined): Outcome {
  if (failure === undefined || failure.kind === 'cancelled') return 'neutral';
  return failure.kind === 'client_error' ? 'success' : 'failure';
}
