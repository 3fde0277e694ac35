import { AppError, rootCall, type Clock, type Database } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { Bus } from '#/bus/bus.ts';
import { openLoop, type Loop } from '#/loop.ts';
import { takeOutgoing } from '#/store/outbox.ts';

interface RelayOptions {
  readonly service: string;
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly relayed: (count: number) => void;
}

const BATCH_MS = 30_000;
/** How long what was published last may take to reach the bus when the service ends; the rest waits for the next start. */
const LAST_MS = 2000;
const UNTIL_WOKEN_MS = 60_000;

/**
 * Brings what was published onto the bus, in order. An entry is deleted in the transaction in which it is appended, so one that is
 * killed between the two is appended again: the same id, which inboxes know.
 */
export function openRelay({ service, database, bus, log, clock, random, relayed }: RelayOptions): Loop {
  const halt = new AbortController();
  const relay = async (): Promise<number> => {
    const count = await database.transaction(rootCall(service, BATCH_MS), async (tx) => {
      const entries = await takeOutgoing(tx);
      if (entries.length > 0) await bus.append(entries, halt.signal);
      return entries.length;
    });
    relayed(count);
    return count;
  };
  const loop = openLoop({
    clock,
    random,
    step: async () => ((await relay()) === 0 ? UNTIL_WOKEN_MS : 0),
    failed: (error, failures, waitMs) => {
      if (failures === 1) log.warn({ err: error, retry_ms: waitMs }, 'what was published waits: the bus cannot be reached');
    },
  });
  return {
    wake: loop.wake,
    [Symbol.asyncDispose]: async () => {
      const cancel = clock.schedule(LAST_MS, () => halt.abort(new AppError('unavailable', `${service} is shutting down.`)));
      await loop[Symbol.asyncDispose]();
      try {
        while (!halt.signal.aborted && (await relay()) > 0);
      } catch (error) {
        log.info({ err: error }, 'what was published last waits in the outbox for the next start');
      }
      cancel();
    },
  };
}
