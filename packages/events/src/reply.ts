import { AppError, STATUS, type ErrorCode, type Issue } from '@mlab/kernel';

/** The type of every reply; which request it belongs to stands in its `correlationid`. */
export const REPLY_TYPE = 'mlab.replied@1';

/** What a reply carries: what came of the work, or why nothing did. */
export type Reply =
  | { readonly output: unknown }
  | {
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly issues?: readonly Issue[] | undefined;
        readonly retryAfter?: number | undefined;
      };
    };

export function errorReply(error: unknown): Reply {
  const { code, message, issues, retryAfter } = AppError.from(error);
  return { error: { code, message, issues, retryAfter } };
}

/** The output, or the error thrown again. What the requester reads came from elsewhere, so its form is looked at. */
export function openReply(data: unknown): unknown {
  const { output, error } = (data ?? {}) as {
    output?: unknown;
    error?: { code?: unknown; message?: unknown; issues?: unknown; retryAfter?: unknown };
  };
  if (error === undefined) return output;
  const code = typeof error.code === 'string' && Object.hasOwn(STATUS, error.code) ? (error.code as ErrorCode) : 'bad_gateway';
  const message = typeof error.message === 'string' ? error.message : 'The work failed, and did not say why.';
  throw new AppError(code, message, {
    issues: Array.isArray(error.issues) ? (error.issues as readonly Issue[]) : undefined,
    retryAfter: typeof error.retryAfter === 'number' ? error.retryAfter : undefined,
    // It was answered: that tells it from a bus that is away.
    failure: { kind: 'answered', notSent: false, status: STATUS[code] },
  });
}

/** What may go better when it is tried again at once. All else is the answer, and whoever waits for it gets it now. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'deadline',
  'timed_out',
  'exhausted',
  'bad_gateway',
  'internal',
  'cancelled',
]);

export const isTransient = (error: unknown): boolean => TRANSIENT.has(AppError.from(error).code);
