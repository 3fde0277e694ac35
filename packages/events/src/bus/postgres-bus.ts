import { rootCall, type Clock, type Database } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { Bus, BusReader } from '#/bus/bus.ts';
import { appendMessages, cutMessages, findCut, readMessages, readRange } from '#/bus/postgres-log.ts';
import { openLoop } from '#/loop.ts';
import type { Notices } from '#/notices.ts';
import { createWake, type Wake } from '#/wake.ts';

export interface PostgresBusOptions {
  /** With the schema of the bus itself. */
  readonly database: Database;
  readonly notices: Notices;
  readonly maxAgeMs: number;
  /** 0: no bound. */
  readonly maxBytes: number;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

const STATEMENT_MS = 10_000;
/** How long a reader says nothing while nothing comes. */
const IDLE_MS = 20_000;
/** Notices may be lost with the connection they come over; this is how long news then take. */
const POLL_MS = 2000;
const CUT_EVERY_MS = 60_000;
export const BUS_NOTICE = 'mlab_bus';
const MAX_NOTICE = 4000;

/** The log as a table in a schema of its own. Readers are woken by NOTIFY, and by a look at the newest position now and then. */
export function openPostgresBus({ database, notices, maxAgeMs, maxBytes, log, clock, random }: PostgresBusOptions): Bus {
  const readers = new Set<{ readonly channels: ReadonlySet<string>; readonly wake: Wake }>();
  const call = (signal?: AbortSignal) => rootCall('mlab-events', STATEMENT_MS, signal);
  let newest = -1n;
  let failing: string | undefined;

  const wakeAll = (): void => {
    for (const { wake } of readers) wake.wake();
  };
  const forget = notices.on(BUS_NOTICE, (payload) => {
    const channels = payload === '' ? undefined : payload.split(' ');
    for (const { channels: wanted, wake } of readers)
      if (channels === undefined || channels.some((channel) => wanted.has(channel))) wake.wake();
  });

  const failed = (error: unknown, failures: number): void => {
    failing = 'cannot be used';
    if (failures === 1) log.warn({ bus: 'postgres', err: error }, 'the bus cannot be used');
  };
  const poll = openLoop({
    clock,
    random,
    step: async (signal) => {
      const { end } = await readRange(database.for(call(signal)));
      failing = undefined;
      if (end !== newest && newest !== -1n) wakeAll();
      newest = end;
      return POLL_MS;
    },
    failed,
  });
  const retention = openLoop({
    clock,
    random,
    step: async (signal) => {
      const cut = await findCut(database.for(call(signal)), { maxAgeMs, maxBytes });
      if (cut === undefined) return CUT_EVERY_MS;
      const gone = await database.transaction(call(signal), (tx) => cutMessages(tx, cut));
      return gone > 0 ? 0 : CUT_EVERY_MS;
    },
    failed,
  });

  const read = (channels: readonly string[], after: bigint): BusReader => {
    const self = { channels: new Set(channels), wake: createWake(clock) };
    readers.add(self);
    let position = after;
    return {
      next: async (signal) => {
        const look = async () => readMessages(database.for(call(signal)), channels, position);
        let batch = await look();
        if (batch.entries.length === 0) {
          await self.wake.wait(IDLE_MS, signal);
          signal.throwIfAborted();
          batch = await look();
        }
        position = batch.upTo;
        return batch;
      },
      [Symbol.asyncDispose]: async () => void readers.delete(self),
    };
  };

  return {
    kind: 'postgres',
    append: async (entries, signal) => {
      if (entries.length === 0) return;
      const channels = [...new Set(entries.map(({ channel }) => channel))].join(' ');
      await database.transaction(call(signal), async (tx) => {
        await appendMessages(tx, entries, { channel: BUS_NOTICE, payload: channels.length > MAX_NOTICE ? '' : channels });
      });
    },
    range: (signal) => readRange(database.for(call(signal))),
    read,
    check: () => ({ name: 'bus', required: false, ok: failing === undefined, detail: failing ?? 'is connected' }),
    [Symbol.asyncDispose]: async () => {
      forget();
      await Promise.all([poll[Symbol.asyncDispose](), retention[Symbol.asyncDispose]()]);
    },
  };
}
