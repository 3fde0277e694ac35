/** Codes a service may answer with. The HTTP status is a property of the code, never chosen by a handler. */
export const STATUS = {
  /** The request cannot be read at all: not the encoding, not the syntax. */
  malformed: 400,
  /** The request can be read, and a value in it is not what the contract asks for. */
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  timed_out: 408,
  conflict: 409,
  too_large: 413,
  exhausted: 429,
  headers_too_large: 431,
  /** The caller went away; nobody reads this answer. */
  cancelled: 499,
  internal: 500,
  not_implemented: 501,
  /** A neighbour answered, and its answer is of no use. */
  bad_gateway: 502,
  unavailable: 503,
  deadline: 504,
  /** There is no room for what was sent: a quota is used up, or a disk is full. */
  storage_full: 507,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** One value that is not what was asked for. The shape is pydantic's, because every reader of an ML API knows it. */
export interface Issue {
  /** What is wrong, as a stable word: `missing`, `string_type`, `bool_parsing`, … */
  readonly type: string;
  /** Where: `body`, `path` or `query`, then the names and indexes that lead to the value. */
  readonly loc: readonly (string | number)[];
  /** What was expected, as a sentence. */
  readonly msg: string;
  /** What came instead. */
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** What the caller's side knows about a call that failed, for deciding whether it may be repeated. */
export interface Failure {
  readonly kind: 'refused' | 'reset' | 'timeout' | 'cancelled' | 'answered' | 'unreadable';
  /** No byte of the request left, so it cannot have been processed. */
  readonly notSent: boolean;
  /** The HTTP status of an answer. */
  readonly status?: number;
}

export interface AppErrorOptions extends ErrorOptions {
  readonly issues?: readonly Issue[] | undefined;
  /** When it is worth asking again, in seconds. Becomes `Retry-After`. */
  readonly retryAfter?: number | undefined;
  readonly failure?: Failure | undefined;
  /** Further headers of the answer, over HTTP. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A foreign protocol's own word for it, where that says more than the code. */
  readonly reason?: string | undefined;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly issues: readonly Issue[] | undefined;
  readonly retryAfter: number | undefined;
  readonly failure: Failure | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly reason: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.issues = options.issues;
    this.retryAfter = options.retryAfter;
    this.failure = options.failure;
    this.headers = options.headers;
    this.reason = options.reason;
  }

  static is(value: unknown, code?: ErrorCode): value is AppError {
    return value instanceof AppError && (code === undefined || value.code === code);
  }

  /** Any thrown value as an AppError: what is not one already is `internal` and says nothing of the inside. */
  static from(value: unknown): AppError {
    return AppError.is(value)
      ? value
      : new AppError('internal', 'Something went wrong inside this service; its log says more.', { cause: value });
  }
}

/** Undefined where who is asked says that there is no such thing. */
export async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (AppError.is(error, 'not_found')) return undefined;
    throw error;
  }
}
