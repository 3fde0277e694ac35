import { AppError, rootCall } from '@mlab/kernel';
import { attempt, type Consumer } from '#/attempt.ts';
import { openLoop } from '#/loop.ts';
import type { Member } from '#/members.ts';
import type { Serving } from '#/serving.ts';
import { claim, type Claimed } from '#/store/inbox.ts';

/** A place that one at a time may have. */
export interface Turn {
  readonly take: () => boolean;
  readonly release: () => void;
}

export function createTurn(): Turn {
  let taken = false;
  return {
    take: () => !taken && (taken = true),
    release: () => void (taken = false),
  };
}

export interface Worker {
  /** There may be messages to handle. */
  readonly wake: () => void;
  /** There may be messages during which a process has ended. */
  suspect(): void;
  /** Takes no more, and lets those under way end within some time. */
  stop(ms: number): Promise<void>;
}

interface WorkerOptions {
  readonly serving: Serving;
  readonly consumer: Consumer;
  readonly member: Member;
  /**
   * Of the whole process: a message during which a process has ended may be the one that ended it. Such messages are handled one
   * at a time, so that each can only take the blame for itself.
   */
  readonly suspects: Turn;
}

const STATEMENT_MS = 30_000;
const UNTIL_WOKEN_MS = 60_000;
/** After being told to end at once, a handler has so long to do so. */
const LAST_MS = 1000;

/** Hands the messages of one consumer to its handler, several at once, those of one key one after the other. */
export function openWorker({ serving, consumer, member, suspects }: WorkerOptions): Worker {
  const { service, database, clock, random, settings, metrics, telemetry } = serving;
  const running = new Set<Promise<void>>();
  const ending = new AbortController();
  let afterKey = '';
  let suspected = true;

  const start = (claimed: Claimed, done: () => void): void => {
    const started = performance.now();
    const work = attempt(serving, consumer, claimed, ending.signal).then(
      ({ outcome, retryMs }) => {
        metrics.handled(consumer.name, outcome, performance.now() - started);
        if (retryMs !== undefined) clock.schedule(retryMs + 5, loop.wake);
      },
      (error: unknown) => telemetry.log.error({ err: error, consumer: consumer.name }, 'an attempt ended without a result'),
    );
    const whole = work.finally(() => {
      running.delete(whole);
      done();
      loop.wake();
    });
    running.add(whole);
  };

  const take = (id: number, limit: number, suspect: boolean): Promise<readonly Claimed[]> =>
    claim(database.for(rootCall(service, STATEMENT_MS)), { consumer: consumer.name, member: id, limit, afterKey, suspects: suspect });

  /** One that may have ended a process, when no other such one is being handled. */
  const takeSuspect = async (id: number): Promise<void> => {
    if (!suspected || !suspects.take()) return;
    afterKey = '';
    const [claimed] = await take(id, 1, true).catch((error: unknown) => {
      suspects.release();
      throw error;
    });
    suspected = claimed !== undefined;
    if (claimed === undefined) suspects.release();
    else start(claimed, suspects.release);
  };

  const loop = openLoop({
    clock,
    random,
    step: async (signal) => {
      const { id } = await member.arrived(signal);
      const free = settings.concurrency - running.size;
      if (free <= 0) return UNTIL_WOKEN_MS;
      await takeSuspect(id);
      const limit = settings.concurrency - running.size;
      if (limit <= 0) return UNTIL_WOKEN_MS;
      const claimed = await take(id, limit, false);
      for (const message of claimed) start(message, () => {});
      const beganAnew = afterKey === '';
      // While there is more than it can take, it goes around all keys; else it begins with the first each time.
      afterKey = claimed.length < limit ? '' : (claimed.findLast(({ key }) => key !== undefined)?.key ?? '');
      return claimed.length === limit || beganAnew ? UNTIL_WOKEN_MS : 0;
    },
    failed: (error, failures) => {
      if (failures === 1) telemetry.log.warn({ err: error, consumer: consumer.name }, 'events wait: the inbox cannot be read');
    },
  });

  return {
    wake: loop.wake,
    suspect: () => {
      suspected = true;
      loop.wake();
    },
    stop: async (ms) => {
      await loop[Symbol.asyncDispose]();
      const ended = Promise.all(running).then(() => true);
      if (await settledWithin(ended, ms)) return;
      ending.abort(new AppError('unavailable', `${service} is shutting down.`));
      await settledWithin(ended, LAST_MS);
    },
  };

  function settledWithin(work: Promise<boolean>, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(ms, () => resolve(false));
      void work.then(resolve).finally(cancel);
    });
  }
}
