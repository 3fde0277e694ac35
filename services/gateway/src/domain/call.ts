import { Waiter } from '#/domain/admission.ts';
import { CallFailure, classify, mayRepeat, outcomeOf, toAppError, unavailable } from '#/domain/call-failure.ts';
import type { Outcome } from '#/domain/call-failure.ts';
import type { Attempt, Instance, Member } from '#/domain/member.ts';
import type { Pool } from '#/domain/pool.ts';
import type { RetryDenial } from '#/domain/upstream-event.ts';
import { AppError } from '@mlab/kernel';

/** One try at one instance. Throws what `classify` understands: an AppError of a transport, or a CallFailure. */
export type AttemptFunction<I extends Instance, T> = (instance: I, signal: AbortSignal, remainingMs: number) => Promise<T>;

export interface CallOptions {
  /** The caller's own: when it aborts, the call ends at once. */
  readonly signal?: AbortSignal | undefined;
  /** The caller's own, on the clock of `now()`. It can shorten the policy's deadline, never lengthen it. */
  readonly deadline?: number | undefined;
  /** Whether the operation may be done twice without harm. */
  readonly safe: boolean;
}

/**
 * One call from its entrance to its answer: at most two attempts, one deadline. It is its own entry in the queue and in
 * the deadline wheel and its own abort listener, so that a call that succeeds allocates little and starts no timer.
 *
 * Whatever happens, `#finish` runs exactly once, and every attempt is ended exactly once before it.
 */
export class Call<I extends Instance, T> extends Waiter {
  readonly #pool: Pool<I>;
  readonly #run: AttemptFunction<I, T>;
  readonly #signal: AbortSignal | undefined;
  readonly #safe: boolean;
  readonly #startedAt: number;
  readonly #deadline: number;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: Error) => void;
  #hasPlace = false;
  #retried = false;
  #finished = false;
  #member: Member<I> | undefined;
  #attempt: Attempt | undefined;

  constructor(
    pool: Pool<I>,
    run: AttemptFunction<I, T>,
    call: { options: CallOptions; now: number; deadline: number; resolve: (value: T) => void; reject: (error: Error) => void },
  ) {
    super();
    this.#pool = pool;
    this.#run = run;
    this.#signal = call.options.signal;
    this.#safe = call.options.safe;
    this.#startedAt = call.now;
    this.#deadline = call.deadline;
    this.#resolve = call.resolve;
    this.#reject = call.reject;
  }

  enter(now: number): void {
    const pool = this.#pool;
    this.#signal?.addEventListener('abort', this);
    switch (pool.admission.enter(this)) {
      case 'admitted':
        this.#hasPlace = true;
        return this.#dispatch(now);
      case 'queued':
        // Waiting for a place at an instance that would refuse anyway helps nobody.
        if (!pool.admits(now)) return this.#noInstance(now);
        return pool.wheel.add(this, Math.min(this.#deadline, now + pool.policy.admission.maxWaitMs), now);
      case 'full':
        return this.#shed('queue_full');
    }
  }

  override admitted(): void {
    this.#hasPlace = true;
    this.#pool.wheel.remove(this);
    this.#dispatch(this.#pool.now());
  }

  override expire(now: number): void {
    if (this.waiting) return this.#shed('queue_timeout');
    const granted = this.#deadline - this.#startedAt;
    const failure = new CallFailure('timeout', { reason: `it did not answer within ${Math.round(granted)} ms` });
    const error = toAppError(this.#pool.name, failure);
    this.#giveUp(error, this.#outcomeOfTimeout(now), now);
  }

  /** The caller's signal. */
  handleEvent(): void {
    this.#giveUp(
      new AppError('cancelled', `The call to ${this.#pool.name} was cancelled.`, { cause: this.#signal?.reason }),
      'neutral',
      this.#pool.now(),
    );
  }

  /** The upstream is disposed. */
  close(now: number): void {
    this.#giveUp(shuttingDown(this.#pool.name), 'neutral', now);
  }

  #dispatch(now: number): void {
    const pool = this.#pool;
    if (pool.disposed) return this.close(now);
    // The wheel is coarse: the time may be over, and nobody has said so yet.
    if (now >= this.#deadline) return this.#shed('queue_timeout');
    const member = pool.pick(now);
    if (this.#finished) return;
    if (member === undefined) return this.#noInstance(now);
    pool.budget.deposit();
    pool.wheel.add(this, this.#deadline, now);
    this.#launch(member, now);
  }

  #launch(member: Member<I>, now: number): void {
    const attempt = member.begin(now);
    // A listener that heard of the retry or of the breaker's probe may have ended this very call.
    if (this.#finished) return member.end(attempt, 'neutral', now);
    this.#member = member;
    this.#attempt = attempt;
    let answer: Promise<T>;
    try {
      answer = this.#run(member.instance, attempt.controller.signal, this.#deadline - now);
    } catch (error) {
      answer = Promise.reject(error);
    }
    // Also when nobody waits any more: a late failure must not become an unhandled rejection.
    answer.then(
      (value) => {
        if (!attempt.ended) this.#succeeded(member, attempt, value);
      },
      (error: unknown) => {
        if (!attempt.ended) this.#failed(member, attempt, error);
      },
    );
  }

  #succeeded(member: Member<I>, attempt: Attempt, value: T): void {
    member.end(attempt, 'success', this.#pool.now());
    if (this.#finished) return;
    this.#settle();
    this.#resolve(value);
    this.#givePlaceBack();
  }

  #failed(member: Member<I>, attempt: Attempt, error: unknown): void {
    const now = this.#pool.now();
    const failure = classify(error);
    member.end(attempt, failure?.kind === 'timeout' ? this.#outcomeOfTimeout(now) : outcomeOf(failure), now);
    if (failure === undefined) return this.#finish(AppError.from(error));
    const next = this.#canRepeat(failure) ? this.#retryAt(member, failure, now) : undefined;
    if (next === undefined) return this.#finish(toAppError(this.#pool.name, this.#timed(failure, now)));
    this.#retried = true;
    this.#pool.emit({ type: 'retry', from: member.id, to: next.id, failure: failure.kind });
    this.#launch(next, now);
  }

  #canRepeat(failure: CallFailure): boolean {
    return !this.#retried && !this.#finished && !this.#pool.disposed && mayRepeat(failure, this.#safe);
  }

  /** Where to, or undefined and an event that says why not. */
  #retryAt(member: Member<I>, failure: CallFailure, now: number): Member<I> | undefined {
    const pool = this.#pool;
    const next = pool.pick(now, member);
    let denial: RetryDenial;
    if (this.#deadline - now <= pool.policy.retry.minRemainingMs) denial = 'time';
    else if (next === undefined) denial = 'no_instance';
    else if (!pool.budget.withdraw(now)) denial = 'budget';
    else return next;
    pool.emit({ type: 'retry_denied', instance: member.id, failure: failure.kind, reason: denial });
    return undefined;
  }

  /** A caller in a hurry, or a retry begun late, gave the instance no fair chance: that counts neither way. */
  #outcomeOfTimeout(now: number): Outcome {
    const age = this.#attempt === undefined ? 0 : now - this.#attempt.startedAt;
    return age * 2 >= this.#pool.policy.deadlineMs ? 'failure' : 'neutral';
  }

  /** A transport only knows that it ran out of time; how much there was is known here. */
  #timed(failure: CallFailure, now: number): CallFailure {
    if (failure.kind !== 'timeout') return failure;
    const waited = Math.min(now, this.#deadline) - this.#startedAt;
    return new CallFailure('timeout', { cause: failure, reason: `it did not answer within ${Math.round(waited)} ms` });
  }

  #noInstance(now: number): void {
    this.#pool.shed('no_instance');
    this.#finish(this.#pool.noInstance(now));
  }

  #shed(reason: 'queue_full' | 'queue_timeout'): void {
    this.#pool.shed(reason);
    this.#finish(unavailable(this.#pool.name, 'too many requests are waiting', 1));
  }

  #giveUp(error: AppError, outcome: Outcome, now: number): void {
    const attempt = this.#attempt;
    if (attempt !== undefined && !attempt.ended) {
      this.#member?.end(attempt, outcome, now);
      // After `ended` is set: what the attempt function does with the signal is no longer this call's business.
      attempt.controller.abort(error);
    }
    this.#finish(error);
  }

  #finish(error: Error): void {
    if (this.#finished) return;
    this.#settle();
    this.#reject(error);
    this.#givePlaceBack();
  }

  #settle(): void {
    this.#finished = true;
    this.#signal?.removeEventListener('abort', this);
    this.#pool.wheel.remove(this);
  }

  /** Last, because it may start the next call. */
  #givePlaceBack(): void {
    if (this.#hasPlace) this.#pool.admission.release();
    else this.#pool.admission.leave(this);
  }
}

export function shuttingDown(name: string): AppError {
  return unavailable(name, 'the gateway is shutting down', 1);
}
