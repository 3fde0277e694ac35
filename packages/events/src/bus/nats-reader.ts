import { AckPolicy, DeliverPolicy, type Consumer, type ConsumerConfig, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { AppError } from '@mlab/kernel';
import { BATCH_BYTES, BATCH_ENTRIES, type BusBatch, type BusReader, type Entry } from '#/bus/bus.ts';
import type { Standing } from '#/bus/nats-connection.ts';

interface ReaderOptions {
  readonly standing: () => Standing;
  readonly stream: string;
  readonly channels: readonly string[];
  readonly after: bigint;
  readonly subjectOf: (channel: string) => string;
  readonly channelOf: (subject: string) => string;
}

/** How long the reader says nothing while nothing comes. */
const IDLE_MS = 20_000;
const PULL = { max_messages: BATCH_ENTRIES, expires: 10_000, idle_heartbeat: 2500 } as const;

/**
 * Reads through a consumer that the server forgets when it is not used: the position is the reader's own, and whenever
 * anything goes wrong a new consumer begins behind it. A gap in the consumer's own count means that something was lost on
 * the way, and is such a case.
 */
export function openNatsReader(options: ReaderOptions): BusReader {
  const { channels, channelOf } = options;
  const wanted = new Set(channels);
  let position = options.after;
  let feed: Feed | undefined;

  const drop = async (): Promise<void> => {
    const old = feed;
    feed = undefined;
    await old?.close();
  };

  const take = (messages: JsMsg[]): BusBatch => {
    const entries: Entry[] = [];
    let bytes = 0;
    let count = 0;
    for (const message of messages) {
      if (count === BATCH_ENTRIES || (count > 0 && bytes + message.data.length > BATCH_BYTES)) break;
      count++;
      bytes += message.data.length;
      position = BigInt(message.seq);
      const channel = channelOf(message.subject);
      if (wanted.has(channel)) entries.push({ position, channel, envelope: message.string() });
    }
    messages.splice(0, count);
    return { entries, upTo: position };
  };

  return {
    next: async (signal) => {
      try {
        feed ??= await openFeed(options, position);
        if (await feed.hasNews(signal)) return take(feed.buffer);
        position = await feed.idlePosition(position);
        return { entries: [], upTo: position };
      } catch (error) {
        await drop();
        if (signal.aborted || AppError.is(error)) throw error;
        throw new AppError('unavailable', 'NATS cannot be read now.', { cause: error, retryAfter: 1 });
      }
    },
    [Symbol.asyncDispose]: drop,
  };
}

interface Feed {
  /** What has come and was not taken. */
  readonly buffer: JsMsg[];
  /** Whether something has come before long; throws when the feed has broken and everything it brought was taken. */
  hasNews(signal: AbortSignal): Promise<boolean>;
  /** How far the log has been looked at, when nothing has come. */
  idlePosition(position: bigint): Promise<bigint>;
  close(): Promise<void>;
}

async function openFeed({ standing, stream, channels, subjectOf }: ReaderOptions, after: bigint): Promise<Feed> {
  const { nc, js, jsm, lost } = standing();
  const config: Partial<ConsumerConfig> = {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Number(after) + 1,
    ack_policy: AckPolicy.None,
    inactive_threshold: nanos(60_000),
    mem_storage: true,
    num_replicas: 1,
    ...filterOf(channels.map(subjectOf), nc.info?.version ?? ''),
  };
  const info = await jsm.consumers.add(stream, config);
  const consumer: Consumer = js.consumers.getConsumerFromInfo(info);
  const buffer: JsMsg[] = [];
  let broken: Error | undefined;
  let closed = false;
  let messages: ConsumerMessages | undefined;
  let delivered = 0;
  let changed = Promise.withResolvers<void>();
  let drained = Promise.withResolvers<void>();
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const lose = (): void => {
    broken ??= lost.reason as Error;
    messages?.stop();
    change();
  };
  lost.addEventListener('abort', lose);
  if (lost.aborted) lose();

  const goesOn = (): boolean => broken === undefined && !closed;

  const failIfBroken = (): void => {
    if (broken !== undefined) throw broken;
  };

  const pump = async (): Promise<void> => {
    while (goesOn()) {
      messages = await consumer.fetch(PULL);
      for await (const message of messages) {
        if (message.info.deliverySequence !== ++delivered) throw new Error('A message was lost on the way.');
        buffer.push(message);
        change();
      }
      while (buffer.length >= BATCH_ENTRIES && goesOn()) await drained.promise;
    }
  };
  const pumping = pump().catch((error: unknown) => {
    broken ??= error as Error;
    messages?.stop();
    change();
  });

  return {
    buffer,
    hasNews: async (signal) => {
      drained.resolve();
      drained = Promise.withResolvers<void>();
      if (buffer.length > 0) return true;
      failIfBroken();
      await within(changed.promise, IDLE_MS, signal);
      signal.throwIfAborted();
      if (buffer.length === 0) failIfBroken();
      return buffer.length > 0;
    },
    idlePosition: async (position) => {
      // In this order: what came into the log before `last` was read, the consumer has seen when it is asked afterwards.
      const last = (await jsm.streams.info(stream)).state.last_seq;
      const seen = await consumer.info();
      const behind = seen.num_pending > 0 || seen.delivered.consumer_seq !== delivered || buffer.length > 0;
      return behind || BigInt(last) < position ? position : BigInt(last);
    },
    close: async () => {
      closed = true;
      lost.removeEventListener('abort', lose);
      messages?.stop();
      drained.resolve();
      await pumping;
      if (!lost.aborted) await consumer.delete().catch(() => false);
    },
  };
}

/** Servers before 2.10 filter by one subject alone; there, whoever wants several gets everything and chooses himself. */
function filterOf(subjects: readonly string[], version: string): Partial<ConsumerConfig> {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [only] = subjects;
  if (subjects.length === 1 && only !== undefined) return { filter_subject: only };
  return major > 2 || (major === 2 && minor >= 10) ? { filter_subjects: [...subjects] } : {};
}

async function within(news: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const leave = (): void => resolve();
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  await Promise.race([news, promise]);
  clearTimeout(timer);
  signal.removeEventListener('abort', leave);
}
