/**
 * How the gateway treats the service behind it. Plain data: `service.ts` reads it from the configuration, every part of
 * the domain takes its own piece. Times are milliseconds unless a name says otherwise.
 */
export interface UpstreamPolicy {
  /** ms. The longest a call may take, waiting in the queue and a retry included. A caller's own deadline may be earlier, never later. */
  readonly deadlineMs: number;
  readonly admission: AdmissionPolicy;
  readonly breaker: BreakerPolicy;
  readonly balancer: BalancerPolicy;
  readonly outliers: OutlierPolicy;
  readonly retry: RetryPolicy;
}

export interface AdmissionPolicy {
  /** Calls. How many may be under way at once, over all instances; the next ones wait. */
  readonly maxInFlight: number;
  /** Calls. How many may wait for a place; the next ones are refused at once. 0: nobody waits. */
  readonly maxQueue: number;
  /** ms. How long a call may wait for a place before it is refused. */
  readonly maxWaitMs: number;
}

export interface BreakerPolicy {
  /** Calls. So many failures in a row open the breaker. */
  readonly consecutiveFailures: number;
  /** 0–1. So large a share of failures in the window opens it too … */
  readonly failureRate: number;
  /** Calls. … once the window holds at least this many. */
  readonly minimumVolume: number;
  /** ms. Length of that window. */
  readonly windowMs: number;
  /** ms. How long an open breaker refuses before it lets a probe through. */
  readonly openMs: number;
  /** 0–1. Random extra share of `openMs`, so that several gateways do not probe at the same instant. */
  readonly openJitter: number;
  /** Calls. Most probes in flight while half open. A second one starts only when the first has been silent for `openMs`. */
  readonly halfOpenProbes: number;
  /** Calls. So many successful probes close it; one failed probe opens it again. */
  readonly halfOpenSuccesses: number;
}

export interface BalancerPolicy {
  /** ms. Time after which a latency peak has faded to 37 %. Shorter forgives sooner. */
  readonly latencyDecayMs: number;
  /** ms. A failed call weighs at least as much as one this slow: without it, an instance that fails fast would look fast. */
  readonly failurePenaltyMs: number;
}

export interface OutlierPolicy {
  /** ms. How often the instances are compared. */
  readonly intervalMs: number;
  /** An instance is slow when its latency is at least this many times the median of the others … */
  readonly latencyFactor: number;
  /** ms. … and at least this much. */
  readonly latencyFloorMs: number;
  /** Calls. So many slow ones without a fast one, overdue or answered late, make a silent instance count as stalled. */
  readonly stalledCalls: number;
  /** Calls. Latencies an instance must have shown lately before it is compared by them. */
  readonly minimumSamples: number;
  /** 0–1. An instance is erroring when its share of failures lies at least this far above the median of the others … */
  readonly errorRateGap: number;
  /** Calls. … over at least this many calls. */
  readonly minimumVolume: number;
  /** ms. Length of the window over which failures are counted and latencies remembered. */
  readonly windowMs: number;
  /** ms. The first ejection; the nth in a row lasts n times as long. */
  readonly ejectionMs: number;
  /** ms. The longest ejection. */
  readonly maxEjectionMs: number;
  /** ms. After so long in good standing, earlier ejections are forgotten. */
  readonly forgiveAfterMs: number;
  /** 0–100. Never more than this share of the instances is ejected, and always at least one stays. 0: never eject. */
  readonly maxEjectedPercent: number;
  /** Calls. So many good probes, one at a time, bring an ejected instance back. */
  readonly probesToReturn: number;
}

export interface RetryPolicy {
  /** Retries that each first attempt earns. 0.2: at most one retry in five calls. */
  readonly ratio: number;
  /** Retries per second that are always there, so that a gateway with little traffic can retry at all. Below 1: none but the earned. */
  readonly minPerSecond: number;
  /** Retries. The most that can be saved up. */
  readonly maxSaved: number;
  /** ms. With less time than this left to the deadline a retry is not begun. */
  readonly minRemainingMs: number;
}

export interface RateLimitPolicy {
  /** Requests per window and client, in the long run. 0: no limit. */
  readonly limit: number;
  /** ms. The window. */
  readonly windowMs: number;
  /** Requests. How many may come at once after a pause. */
  readonly burst: number;
  /** Clients remembered. Beyond it, the one not seen for longest is forgotten, and starts afresh when it returns. */
  readonly maxClients: number;
}

export const defaultPolicy: UpstreamPolicy = {
  deadlineMs: 3_000,
  admission: { maxInFlight: 256, maxQueue: 256, maxWaitMs: 200 },
  breaker: {
    consecutiveFailures: 5,
    failureRate: 0.5,
    minimumVolume: 20,
    windowMs: 10_000,
    openMs: 1_000,
    openJitter: 0.2,
    halfOpenProbes: 2,
    halfOpenSuccesses: 2,
  },
  balancer: { latencyDecayMs: 1_000, failurePenaltyMs: 100 },
  outliers: {
    intervalMs: 100,
    latencyFactor: 3,
    latencyFloorMs: 200,
    stalledCalls: 5,
    minimumSamples: 5,
    errorRateGap: 0.3,
    minimumVolume: 10,
    windowMs: 30_000,
    ejectionMs: 5_000,
    maxEjectionMs: 60_000,
    forgiveAfterMs: 60_000,
    maxEjectedPercent: 50,
    probesToReturn: 3,
  },
  retry: { ratio: 0.2, minPerSecond: 2, maxSaved: 50, minRemainingMs: 20 },
};

export const defaultRateLimit: RateLimitPolicy = { limit: 0, windowMs: 60_000, burst: 100, maxClients: 10_000 };
