import type { RateLimitPolicy } from '#/domain/policy.ts';

export interface RateLimitDecision {
  readonly allowed: boolean;
  /** Requests: what a rested client may send at once. `remaining` counts down from it. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds, rounded up, until `remaining` is `limit` again when nothing more is sent. */
  readonly resetSeconds: number;
  /** Seconds, rounded up, until the next request is allowed; 0 when this one was. */
  readonly retryAfterSeconds: number;
}

export interface RateLimit {
  /** Value of `RateLimit-Policy`, or undefined when there is no limit. */
  readonly policy: string | undefined;
  /** Clients remembered at the moment. */
  readonly clients: number;
  take(client: string): RateLimitDecision;
}

/** One client. The links are the order in which clients were last seen. */
interface Client {
  readonly key: string;
  /** Theoretical arrival time: when a client that sends evenly would send its next request. */
  due: number;
  older: Client | undefined;
  newer: Client | undefined;
}

const UNLIMITED: RateLimitDecision = {
  allowed: true,
  limit: Number.POSITIVE_INFINITY,
  remaining: Number.POSITIVE_INFINITY,
  resetSeconds: 0,
  retryAfterSeconds: 0,
};

/**
 * A rate limit per client by the generic cell rate algorithm (ITU-T I.371): a token bucket that needs one number per
 * client and no refilling. A request is early by `due − now`; it is let in while that is less than the burst allows.
 * Refused requests cost nothing, so that a client that waits as told is served.
 */
export function openRateLimit(policy: RateLimitPolicy, now: () => number): RateLimit {
  const { limit, windowMs, burst, maxClients } = policy;
  if (limit <= 0) return { policy: undefined, clients: 0, take: () => UNLIMITED };
  const interval = windowMs / limit;
  const tolerance = interval * burst;
  const clients = new LeastRecent(maxClients);
  return {
    policy: `${limit};w=${Math.ceil(windowMs / 1000)}${burst === limit ? '' : `;burst=${burst}`}`,
    get clients() {
      return clients.size;
    },
    take(key) {
      const at = now();
      const client = clients.touch(key);
      const due = Math.max(client.due, at) + interval;
      // A billionth of slack: 1/3 + 1/3 + 1/3 of a window is a window.
      const allowed = due - at <= tolerance + interval * 1e-9;
      if (allowed) client.due = due;
      const ahead = Math.max(0, client.due - at);
      return {
        allowed,
        limit: burst,
        remaining: Math.max(0, Math.floor((tolerance - ahead) / interval + 1e-9)),
        resetSeconds: seconds(ahead),
        retryAfterSeconds: allowed ? 0 : Math.max(1, seconds(due - at - tolerance)),
      };
    },
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000 - 1e-9);
}

/** A bounded map that forgets who was not seen for longest. Linked by hand: a Map that re-inserts on each hit keeps rehashing. */
class LeastRecent {
  readonly #max: number;
  readonly #clients = new Map<string, Client>();
  #oldest: Client | undefined;
  #newest: Client | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#clients.size;
  }

  touch(key: string): Client {
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = { key, due: 0, older: undefined, newer: undefined };
      this.#clients.set(key, client);
      if (this.#clients.size > this.#max && this.#oldest !== undefined) {
        this.#clients.delete(this.#oldest.key);
        this.#unlink(this.#oldest);
      }
    } else if (client === this.#newest) {
      return client;
    } else {
      this.#unlink(client);
    }
    client.older = this.#newest;
    client.newer = undefined;
    if (this.#newest !== undefined) this.#newest.newer = client;
    this.#newest = client;
    this.#oldest ??= client;
    return client;
  }

  #unlink(client: Client): void {
    const { older, newer } = client;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}
