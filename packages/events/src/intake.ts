import { rootCall, type Clock, type Database } from '@mlab/kernel';
import { sql } from '@mlab/sql';
import type { Logger } from '@mlab/telemetry';
import type { Bus, BusBatch, BusReader, Entry } from '#/bus/bus.ts';
import { readEnvelope } from '#/envelope.ts';
import { openLoop, type Loop } from '#/loop.ts';
import { MEMBER_LOCKS, type Member } from '#/members.ts';
import { giveUpIntakeLead, lockRegistrations, movePositions, registrations, takeIntakeLead, type Registration } from '#/store/consumers.ts';
import { receive, type Arrival } from '#/store/inbox.ts';
import { ensureRegistered, type Declared } from '#/registered.ts';

export const INBOX_NOTICE = 'mlab_inbox';

interface IntakeOptions {
  readonly service: string;
  readonly database: Database;
  readonly bus: Bus;
  readonly member: Member;
  readonly declared: readonly Declared[];
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly received: (consumer: string, count: number) => void;
  /** Entries between a position and what the bus still keeps are gone. */
  readonly cutOff: (position: bigint, cut: bigint) => void;
  readonly lag: (entries: bigint) => void;
}

export interface Intake extends Loop {
  /** Whose registrations have changed: reads anew. */
  changed(): void;
}

const STATEMENT_MS = 30_000;
const FOLLOWER_MS = 1000;
const RANGE_EVERY_MS = 20_000;

/** A reader, and what it was opened for. */
interface Reading {
  readonly log: string;
  /** How far it has been read and brought into the inboxes. */
  at: bigint;
  readonly channels: ReadonlySet<string>;
  readonly reader: BusReader;
  readonly openedAt: number;
}

/**
 * Brings what is on the bus into the inboxes of a service. An inbox and the position up to which it has been filled change in one
 * transaction, so the transfer is exact wherever it is interrupted. One instance does it, to spare the others the work;
 * should two ever do it, the lock on the positions keeps it right.
 */
export function openIntake(options: IntakeOptions): Intake {
  const { service, database, bus, member, log, clock, random } = options;
  const call = () => rootCall(service, STATEMENT_MS);
  let reading: Reading | undefined;
  let interrupt = new AbortController();

  const close = async (): Promise<void> => {
    const old = reading;
    reading = undefined;
    await old?.reader[Symbol.asyncDispose]();
  };

  const open = async (signal: AbortSignal): Promise<Reading | undefined> => {
    const range = await bus.range(signal);
    // Again at each opening, because the log may have been made anew.
    await ensureRegistered(service, database, options.declared, range);
    const registered = await registrations(database.for(call()), range.log);
    if (registered.length === 0) return undefined;
    const from = registered.map(({ position }) => position).reduce((least, position) => (position < least ? position : least));
    if (range.cut > from) options.cutOff(from, range.cut);
    options.lag(range.end - from);
    const channels = new Set(registered.map(({ channel }) => channel));
    return { log: range.log, at: from, channels, reader: bus.read([...channels], from), openedAt: clock.monotonic() };
  };

  const loop = openLoop({
    clock,
    random,
    step: async (ending) => {
      const { id, lost } = await member.arrived(ending);
      const signal = AbortSignal.any([ending, lost, interrupt.signal]);
      try {
        if (reading === undefined) {
          if (!(await takeIntakeLead(database.for(call()), id, MEMBER_LOCKS))) return FOLLOWER_MS;
          reading = await open(signal);
          if (reading === undefined) return FOLLOWER_MS;
        }
        const batch = await reading.reader.next(signal);
        const fits = await transfer(options, reading, batch);
        reading.at = batch.upTo;
        if (!fits || clock.monotonic() - reading.openedAt > RANGE_EVERY_MS) await close();
        return 0;
      } catch (error) {
        await close();
        if (!signal.aborted || ending.aborted) throw error;
        return 0;
      }
    },
    failed: (error, failures, waitMs) => {
      if (failures === 1) log.warn({ err: error, retry_ms: waitMs }, 'events wait: the bus or the database cannot be read');
    },
  });

  return {
    wake: loop.wake,
    changed: () => {
      interrupt.abort();
      interrupt = new AbortController();
      loop.wake();
    },
    [Symbol.asyncDispose]: async () => {
      await loop[Symbol.asyncDispose]();
      await close();
      const standing = member.standing();
      if (standing !== undefined) await giveUpIntakeLead(database.for(call()), standing.id).catch(() => undefined);
    },
  };
}

/**
 * False when the registrations are no longer those for which the reader was opened. Or a position lies before what was read: nobody waits
 * for these commits to reach the disk, so a server that was killed may come back without the last of them. What the reader has in mind
 * counts for nothing then, and what lies between would be lost if it went on from there.
 */
async function transfer(options: IntakeOptions, { log: busLog, at, channels }: Reading, { entries, upTo }: BusBatch): Promise<boolean> {
  const { database, service, log, received } = options;
  const arrivals = new Map<string, Entry & Omit<Arrival, 'consumer'>>();
  for (const entry of entries) {
    try {
      const { id, type, partitionkey } = readEnvelope(entry.envelope);
      if (type !== entry.channel) throw new Error(`Its type is ${type} and it came on ${entry.channel}.`);
      arrivals.set(String(entry.position), { ...entry, id, type, key: partitionkey });
    } catch (error) {
      log.error({ err: error, channel: entry.channel, position: entry.position }, 'a message on the bus is no CloudEvent: dropped');
    }
  }
  const ready = [...arrivals.values()];
  return database.transaction(rootCall(service, STATEMENT_MS), async (tx) => {
    const registered = await lockRegistrations(tx, busLog);
    const fits = registered.every(({ channel, position }) => channels.has(channel) && position >= at);
    const behind = registered.filter(({ channel, position }) => channels.has(channel) && position >= at && position < upTo);
    if (behind.length === 0) return fits;
    const mine = ready.flatMap((entry) =>
      behind.filter((consumer) => isFor(entry, consumer)).map(({ consumer }) => ({ ...entry, consumer })),
    );
    const fresh = await receive(tx, mine);
    await movePositions(
      tx,
      busLog,
      behind.map(({ consumer }) => consumer),
      upTo,
    );
    if (fresh > 0) await tx.run(sql`SELECT pg_notify(${INBOX_NOTICE}, ${service})`);
    tx.afterCommit(() => {
      for (const { consumer } of behind) received(consumer, mine.filter((arrival) => arrival.consumer === consumer).length);
    });
    return fits;
  });
}

const isFor = (entry: Entry, { channel, position }: Registration): boolean => entry.channel === channel && entry.position > position;
