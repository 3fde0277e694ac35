import { AppError } from '@mlab/kernel';
import type { Bus, Outgoing } from '#/bus/bus.ts';
import { openNatsLink, type NatsBusOptions, type Standing } from '#/bus/nats-connection.ts';
import { openNatsReader } from '#/bus/nats-reader.ts';

const ACK_MS = 5000;

/** The log as a stream of NATS JetStream: a subject per channel, limits retention, duplicates dropped by the id of the event. */
export function openNatsBus(options: NatsBusOptions): Bus {
  const { stream } = options;
  const link = openNatsLink(options);
  const subjectOf = (channel: string): string => `${stream}.${channel}`;

  const publish = async ({ js }: Standing, { id, channel, envelope }: Outgoing): Promise<void> => {
    await js.publish(subjectOf(channel), envelope, { msgID: id, timeout: ACK_MS, expect: { streamName: stream } });
  };

  return {
    kind: 'nats',
    append: async (entries, signal) => {
      const standing = link.standing();
      const gone = AbortSignal.any([standing.lost, signal]);
      const lines: Promise<void>[] = [];
      const lineOfKey = new Map<string, Promise<void>>();
      for (const entry of entries) {
        const { key } = entry;
        const before = key === undefined ? undefined : lineOfKey.get(key);
        // Within a key one waits for the other, so that one that is refused is not overtaken by its successors.
        const line = before === undefined ? publish(standing, entry) : before.then(() => publish(standing, entry));
        if (key !== undefined) lineOfKey.set(key, line);
        lines.push(line);
      }
      await orUnavailable(untilAborted(Promise.all(lines), gone), signal);
    },
    range: async (signal) => {
      const { jsm, lost } = link.standing();
      const info = await orUnavailable(untilAborted(jsm.streams.info(stream), AbortSignal.any([lost, signal])), signal);
      const { first_seq: first, last_seq: last } = info.state;
      return { log: `nats ${info.created}`, cut: BigInt(Math.max(0, first - 1)), end: BigInt(last) };
    },
    read: (channels, after) =>
      openNatsReader({ standing: () => link.standing(), stream, channels, after, subjectOf, channelOf: (s) => s.slice(stream.length + 1) }),
    check: () => ({ name: 'bus', required: false, ...link.detail() }),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

/** Settles as `work` does, or rejects as soon as the signal is aborted. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', leave);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    work.catch(() => {});
  }
}

/** Whatever NATS says of itself means to a caller that the bus cannot be used now. */
async function orUnavailable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted || AppError.is(error)) throw error;
    throw new AppError('unavailable', 'NATS did not do what was asked of it.', { cause: error, retryAfter: 1 });
  }
}
