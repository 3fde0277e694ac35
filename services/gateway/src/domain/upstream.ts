import type { BreakerState } from '#/domain/breaker.ts';
import { Call, shuttingDown } from '#/domain/call.ts';
import type { AttemptFunction, CallOptions } from '#/domain/call.ts';
import type { Instance } from '#/domain/member.ts';
import type { UpstreamPolicy } from '#/domain/policy.ts';
import { Pool } from '#/domain/pool.ts';
import type { UpstreamContext } from '#/domain/pool.ts';
import type { ShedReason } from '#/domain/upstream-event.ts';
import { AppError } from '@mlab/kernel';

export type { AttemptFunction, CallOptions } from '#/domain/call.ts';
export type { Instance } from '#/domain/member.ts';
export type { UpstreamContext } from '#/domain/pool.ts';

/** The state at this moment, for gauges. */
export interface UpstreamSnapshot {
  readonly inFlight: number;
  readonly queued: number;
  readonly shed: Readonly<Record<ShedReason, number>>;
  readonly retryTokens: number;
  readonly instances: readonly InstanceSnapshot[];
}

export interface InstanceSnapshot {
  readonly id: string;
  readonly breaker: BreakerState;
  readonly ejected: boolean;
  readonly inFlight: number;
  /** Probes of a half-open breaker under way. */
  readonly probes: number;
  /** ms. Peak-sensitive average. */
  readonly latencyMs: number;
  /** 0–1, over the breaker's window. */
  readonly failureRate: number;
}

export interface Upstream<I extends Instance> extends Disposable {
  /** The instances from now on. Those whose id stays keep their state; calls to those that go may finish. */
  setInstances(list: readonly I[]): void;
  /**
   * Runs `attempt` against one instance, and perhaps once more against another. Settles by the deadline (and up to 20 ms
   * after it, the coarseness of the timer) whatever `attempt` does, always with the answer or an AppError:
   * `unavailable`, `bad_gateway`, `cancelled`, `deadline` (it had passed before anything was tried), `internal`.
   */
  call<T>(attempt: AttemptFunction<I, T>, options: CallOptions): Promise<T>;
  snapshot(): UpstreamSnapshot;
}

/**
 * A service behind the gateway that may be slow, broken, overloaded, or several. Every call passes, in this order:
 * admission, balancer with breakers and outlier ejection, attempt, and perhaps one retry within the budget.
 */
export function openUpstream<I extends Instance>(policy: UpstreamPolicy, context: UpstreamContext): Upstream<I> {
  const pool = new Pool<I>(policy, context);
  return {
    setInstances: (list) => pool.setInstances(list),
    call: (attempt, options) => call(pool, attempt, options),
    snapshot: () => snapshot(pool),
    [Symbol.dispose]: () => dispose(pool),
  };
}

function call<I extends Instance, T>(pool: Pool<I>, attempt: AttemptFunction<I, T>, options: CallOptions): Promise<T> {
  const now = pool.now();
  const deadline = Math.min(options.deadline ?? Number.POSITIVE_INFINITY, now + pool.policy.deadlineMs);
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted === true) {
      reject(new AppError('cancelled', `The call to ${pool.name} was cancelled.`, { cause: options.signal.reason }));
    } else if (pool.disposed) {
      reject(shuttingDown(pool.name));
    } else if (deadline <= now) {
      reject(new AppError('deadline', `There was no time left to call ${pool.name}.`));
    } else {
      new Call(pool, attempt, { options, now, deadline, resolve, reject }).enter(now);
    }
  });
}

function snapshot<I extends Instance>(pool: Pool<I>): UpstreamSnapshot {
  const now = pool.now();
  return {
    inFlight: pool.admission.inFlight,
    queued: pool.admission.queued,
    shed: { ...pool.shedTotal },
    retryTokens: pool.budget.tokens,
    instances: pool.members.map(({ id, breaker, standing, inFlight, latency }) => ({
      id,
      breaker: breaker.state,
      ejected: standing.ejected,
      inFlight,
      probes: breaker.probes,
      latencyMs: latency.read(now),
      failureRate: breaker.failureRate(now),
    })),
  };
}

/** Ends every call under way; the host has drained before, so these are the ones that did not end in time. */
function dispose<I extends Instance>(pool: Pool<I>): void {
  if (pool.disposed) return;
  pool.disposed = true;
  const now = pool.now();
  for (const entry of pool.wheel.clear()) if (entry instanceof Call) entry.close(now);
}
