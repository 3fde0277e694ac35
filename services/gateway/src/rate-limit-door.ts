import { AppError, type Admit } from '@mlab/kernel';
import type { RateLimit } from '#/domain/rate-limit.ts';

/**
 * Lets a client in or answers 429, and says in the `RateLimit-*` headers how much is left.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (the three-header form that clients know)
 */
export function rateLimitDoor(rateLimit: RateLimit): Admit | undefined {
  const { policy } = rateLimit;
  if (policy === undefined) return undefined;
  return ({ client }) => {
    const { allowed, limit, remaining, resetSeconds, retryAfterSeconds } = rateLimit.take(client);
    const headers = {
      'ratelimit-policy': policy,
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': String(resetSeconds),
    };
    if (allowed) return headers;
    throw new AppError('exhausted', `Too many requests; the limit is ${policy}. Try again in ${retryAfterSeconds} s.`, {
      retryAfter: retryAfterSeconds,
      headers,
    });
  };
}
