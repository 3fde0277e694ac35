import { rootCall, type Clock, type Database } from '@mlab/kernel';
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
const UNTIL_WOKEN_MS = 60_000;

/**
 * Brings what was published onto the bus, in order. An entry is deleted in the transaction in which it is appended, so one that is
 * killed between the two is appended again: the same id, which inboxes know.
 */
export function openRelay({ service, database, bus, log, clock, random, relayed }: RelayOptions): Loop {
  return openLoop({
    clock,
    random,
    step: async (signal) => {
      const call = rootCall(service, BATCH_MS);
      const count = await database.transaction(call, async (tx) => {
        const entries = await takeOutgoing(tx);
        if (entries.length > 0) await bus.append(entries, signal);
        return entries.length;
      });
      relayed(count);
      return count === 0 ? UNTIL_WOKEN_MS : 0;
    },
    failed: (error, failures, waitMs) => {
      if (failures === 1) log.warn({ err: error, retry_ms: waitMs }, 'what was published waits: the bus cannot be reached');
    },
  });
}
