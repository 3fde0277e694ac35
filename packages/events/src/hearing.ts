import type { Clock, Received } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { Bus, BusReader, Entry } from '#/bus/bus.ts';
import type { Ear } from '#/ear.ts';
import { readEnvelope } from '#/envelope.ts';
import { openLoop, type Loop } from '#/loop.ts';

/** Events as they come, for all services of this process, over one reader. */
export interface Hearing extends AsyncDisposable {
  /** Hears from now on, until the function that is returned is called. */
  readonly add: (ear: Ear) => () => void;
  /** Something may have been missed. */
  readonly broke: () => void;
}

interface HearingOptions {
  readonly bus: Bus;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

interface Reading {
  readonly log: string;
  readonly reader: BusReader;
  lookedAt: number;
}

const UNTIL_WOKEN_MS = 60_000;
const RANGE_EVERY_MS = 20_000;
const BACKOFF = { baseMs: 50, capMs: 1000 };

/**
 * Reads the bus from its end on and keeps nothing: neither a position that outlives the process nor a message. Whoever hears is told
 * when his hearing begins, and when it begins anew after anything that may have swallowed an event: an error, a connection that was lost,
 * a log that was cut off, made anew, or lost its last entries.
 */
export function openHearing({ bus, log, clock, random }: HearingOptions): Hearing {
  /** Where each one's hearing begins; undefined while he is not told that it has. */
  const ears = new Map<Ear, bigint | undefined>();
  let reading: Reading | undefined;
  let position = 0n;
  let knownLog: string | undefined;
  let interrupt = new AbortController();
  let loop: Loop | undefined;

  const anew = (): void => {
    interrupt.abort();
    interrupt = new AbortController();
    loop?.wake();
  };
  const forget = (): void => {
    for (const ear of ears.keys()) ears.set(ear, undefined);
  };
  const close = async (): Promise<void> => {
    const old = reading;
    reading = undefined;
    await old?.reader[Symbol.asyncDispose]();
  };

  const stand = async (signal: AbortSignal): Promise<Reading> => {
    const range = await bus.range(signal);
    const goesOn = range.log === knownLog && range.cut <= position && range.end >= position;
    if (!goesOn || [...ears.values()].every((from) => from === undefined)) {
      position = range.end;
      forget();
    }
    knownLog = range.log;
    const channels = [...new Set([...ears.keys()].flatMap((ear) => [...ear.channels.keys()]))];
    const reader = bus.read(channels, position);
    for (const [ear, from] of ears) {
      if (from !== undefined) continue;
      ears.set(ear, range.end);
      guarded(ear, 'missed', ear.missed);
    }
    return { log: range.log, reader, lookedAt: clock.monotonic() };
  };

  const tell = ({ channel, position: at, envelope }: Entry): void => {
    const told = [...ears].filter(([ear, from]) => from !== undefined && from < at && ear.channels.has(channel));
    if (told.length === 0) return;
    let heard;
    try {
      heard = readEnvelope(envelope);
      if (heard.type !== channel) throw new Error(`Its type is ${heard.type} and it came on ${channel}.`);
    } catch (error) {
      return log.warn({ err: error, channel }, 'a message on the bus is no CloudEvent: not heard');
    }
    const { id, type, source, time, subject, partitionkey: key } = heard;
    for (const [ear] of told) {
      for (const { name, data: check, hear } of ear.channels.get(channel) ?? []) {
        // Each listener gets data of its own: what one does to it is nothing to the others.
        const data = check.complete(structuredClone(heard.data));
        const fault = check.fault(data);
        if (fault !== undefined) ear.log.warn({ listener: name, id, fault }, `${type} is not what its contract says: not heard`);
        else {
          const event: Received<unknown> = {
            id,
            type,
            source,
            time: time === undefined ? clock.now() : new Date(time),
            subject,
            key,
            data,
          };
          guarded(ear, name, () => hear(event as Received<never>));
        }
      }
    }
  };

  const step = async (ending: AbortSignal): Promise<number> => {
    if (ears.size === 0) return UNTIL_WOKEN_MS;
    const signal = AbortSignal.any([ending, interrupt.signal]);
    try {
      reading ??= await stand(signal);
      const { entries, upTo } = await reading.reader.next(signal);
      signal.throwIfAborted();
      position = upTo;
      for (const entry of entries) tell(entry);
      // A process that has slept for days may find that what it has not read is gone.
      if (clock.monotonic() - reading.lookedAt > RANGE_EVERY_MS) await close();
      return 0;
    } catch (error) {
      await close();
      if (ending.aborted) throw error;
      if (signal.aborted) return 0;
      forget();
      throw error;
    }
  };

  const begin = (): Loop =>
    openLoop({
      clock,
      random,
      step,
      backoff: BACKOFF,
      failed: (error, failures) => {
        if (failures === 1) log.warn({ err: error }, 'events are not heard: the bus cannot be reached');
      },
    });

  return {
    add: (ear) => {
      ears.set(ear, undefined);
      loop ??= begin();
      anew();
      return () => void ears.delete(ear);
    },
    broke: () => {
      forget();
      anew();
    },
    [Symbol.asyncDispose]: async () => {
      await loop?.[Symbol.asyncDispose]();
      await close();
    },
  };
}

/** What a listener throws, now or later, is its own affair. */
function guarded({ log }: Ear, listener: string, work: () => unknown): void {
  const failed = (error: unknown): void => log.error({ err: error, listener }, 'a listener failed');
  try {
    const working = work();
    if (working instanceof Promise) working.catch(failed);
  } catch (error) {
    failed(error);
  }
}
