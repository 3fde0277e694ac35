import { Admission } from '#/domain/admission.ts';
import { pick } from '#/domain/balancer.ts';
import type { BreakerState } from '#/domain/breaker.ts';
import { unavailable } from '#/domain/call-failure.ts';
import { DeadlineWheel } from '#/domain/deadline-wheel.ts';
import type { Schedule } from '#/domain/deadline-wheel.ts';
import { Member } from '#/domain/member.ts';
import type { Instance } from '#/domain/member.ts';
import { compare, restoreExcess } from '#/domain/outliers.ts';
import type { OutlierListener } from '#/domain/outliers.ts';
import type { UpstreamPolicy } from '#/domain/policy.ts';
import { RetryBudget } from '#/domain/retry-budget.ts';
import type { EjectionReason, ShedReason, UpstreamEvent } from '#/domain/upstream-event.ts';
import type { AppError } from '@mlab/kernel';

export interface UpstreamContext {
  /** ms on a clock that never goes back. */
  readonly now: () => number;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly schedule: Schedule;
  readonly onEvent: (event: UpstreamEvent) => void;
  /** The upstream's name in error sentences. */
  readonly name?: string;
}

/** What all calls share: the instances, and every limit. */
export class Pool<I extends Instance> implements OutlierListener<I> {
  readonly policy: UpstreamPolicy;
  readonly name: string;
  readonly now: () => number;
  readonly wheel: DeadlineWheel;
  readonly admission: Admission;
  readonly budget: RetryBudget;
  readonly shedTotal: Record<ShedReason, number> = { queue_full: 0, queue_timeout: 0, no_instance: 0 };
  members: readonly Member<I>[] = [];
  disposed = false;
  readonly #random: () => number;
  readonly #onEvent: (event: UpstreamEvent) => void;
  #allSteady = true;
  #nextComparison = 0;

  constructor(policy: UpstreamPolicy, context: UpstreamContext) {
    this.policy = policy;
    this.name = context.name ?? 'Service B';
    this.now = context.now;
    this.#random = context.random;
    this.#onEvent = context.onEvent;
    this.wheel = new DeadlineWheel(context.now, context.schedule);
    this.admission = new Admission(policy.admission);
    this.budget = new RetryBudget(policy.retry, context.now());
  }

  setInstances(list: readonly I[]): void {
    const before = new Map(this.members.map((member) => [member.id, member]));
    const after = new Map<string, Member<I>>();
    const added: string[] = [];
    for (const instance of list) {
      if (after.has(instance.id)) continue;
      const known = before.get(instance.id);
      if (known !== undefined) known.instance = instance;
      else added.push(instance.id);
      after.set(instance.id, known ?? this.#newMember(instance));
    }
    this.members = [...after.values()];
    for (const member of before.values()) member.removed = !after.has(member.id);
    this.#lookAtSteadiness();
    for (const member of before.values()) if (member.removed) this.emit({ type: 'instance_removed', instance: member.id });
    for (const instance of added) this.emit({ type: 'instance_added', instance });
    restoreExcess(this.members, this.policy.outliers, this.now(), this);
  }

  /** The instance for one attempt; for a retry, if possible another one than `not`. */
  pick(now: number, not?: Member<I>): Member<I> | undefined {
    if (now >= this.#nextComparison && this.members.length > 0) {
      this.#nextComparison = now + this.policy.outliers.intervalMs;
      compare(this.members, this.policy.outliers, now, this);
    }
    return pick(this.members, { now, random: this.#random, allSteady: this.#allSteady, not });
  }

  admits(now: number): boolean {
    return this.#allSteady ? this.members.length > 0 : this.members.some((member) => member.breaker.admits(now));
  }

  /** Why `pick` found nothing. */
  noInstance(now: number): AppError {
    if (this.members.length === 0) return unavailable(this.name, 'no instance of it is known', 1);
    const soonest = Math.min(...this.members.map((member) => member.breaker.retryInMs(now)));
    return unavailable(this.name, 'the circuit breaker is open', soonest / 1000);
  }

  shed(reason: ShedReason): void {
    this.shedTotal[reason]++;
    this.emit({ type: 'shed', reason });
  }

  emit(event: UpstreamEvent): void {
    try {
      this.#onEvent(event);
    } catch {
      // Who listens must not be able to break what he listens to: a call would lose its place, or its caller the answer.
    }
  }

  ejected(member: Member<I>, reason: EjectionReason, judged: { forMs: number; observed: number; limit: number }): void {
    this.#lookAtSteadiness();
    this.emit({ type: 'ejected', instance: member.id, reason, ...judged });
  }

  returned(member: Member<I>): void {
    this.#lookAtSteadiness();
    this.emit({ type: 'returned', instance: member.id });
  }

  #newMember(instance: I): Member<I> {
    return new Member(instance, this.policy, { random: this.#random, onBreaker: (...change) => this.#breakerChanged(...change) });
  }

  #breakerChanged(member: Member<I>, from: BreakerState, to: BreakerState): void {
    if (member.removed) return;
    this.#lookAtSteadiness();
    this.emit({ type: 'breaker', instance: member.id, from, to });
  }

  #lookAtSteadiness(): void {
    this.#allSteady = this.members.every((member) => member.steady);
  }
}
