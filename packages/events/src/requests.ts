import { randomBytes } from 'node:crypto';
import { AppError, type CallMeta, type Clock } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { Bus, BusReader, Outgoing } from '#/bus/bus.ts';
import { readEnvelope } from '#/envelope.ts';
import { openLoop, type Loop } from '#/loop.ts';
import { openReply } from '#/reply.ts';

/** Requests of this process that wait for their replies. */
export interface Requests extends AsyncDisposable {
  /** The channel on which this process hears replies. */
  readonly replyto: string;
  /** Puts a request onto the bus and resolves with what its reply carries, until the call ends. */
  send(message: Outgoing, call: CallMeta): Promise<unknown>;
}

interface RequestsOptions {
  readonly bus: Bus;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Reads the replies of this process, from the first request on. A reply that nobody waits for any longer is dropped. */
export function openRequests({ bus, log, clock, random }: RequestsOptions): Requests {
  const replyto = `reply.${randomBytes(16).toString('hex')}`;
  const waiting = new Map<string, (data: unknown) => void>();
  let reader: BusReader | undefined;
  let knownLog: string | undefined;
  let position = 0n;
  let beginning: Promise<void> | undefined;
  let loop: Loop | undefined;

  const take = (envelope: string): void => {
    try {
      const { correlationid = '', data } = readEnvelope(envelope);
      waiting.get(correlationid)?.(data);
    } catch (error) {
      log.warn({ err: error }, 'a reply cannot be read: dropped');
    }
  };

  const step = async (signal: AbortSignal): Promise<number> => {
    try {
      if (reader === undefined) {
        const range = await bus.range(signal);
        // A log that was made anew holds nothing for us but what came since.
        if (range.log !== knownLog) position = range.cut;
        knownLog = range.log;
        reader = bus.read([replyto], position);
      }
      const { entries, upTo } = await reader.next(signal);
      for (const { envelope } of entries) take(envelope);
      position = upTo;
      return 0;
    } catch (error) {
      await reader?.[Symbol.asyncDispose]();
      reader = undefined;
      throw error;
    }
  };

  /** Replies can only come behind what was the end of the log before the first request. */
  const begin = async (signal: AbortSignal): Promise<void> => {
    const range = await bus.range(signal);
    ({ log: knownLog, end: position } = range);
    loop = openLoop({
      clock,
      random,
      step,
      failed: (error, failures) => {
        if (failures === 1) log.warn({ err: error }, 'replies cannot be read: the bus cannot be reached');
      },
    });
  };

  return {
    replyto,
    send: async (message, call) => {
      const left = call.deadline - clock.monotonic();
      if (call.signal.aborted) throw cancelled(call.signal);
      if (left <= 0) throw late(message.channel);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      promise.catch(() => {});
      const stop = clock.schedule(left, () => reject(late(message.channel)));
      const leave = (): void => reject(cancelled(call.signal));
      call.signal.addEventListener('abort', leave);
      waiting.set(message.id, resolve);
      try {
        const ask = async (): Promise<unknown> => {
          beginning ??= begin(call.signal).catch((error: unknown) => {
            beginning = undefined;
            throw error;
          });
          await beginning;
          await bus.append([message], call.signal);
          return promise;
        };
        return openReply(await Promise.race([ask(), promise]));
      } finally {
        stop();
        call.signal.removeEventListener('abort', leave);
        waiting.delete(message.id);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await beginning?.catch(() => {});
      await loop?.[Symbol.asyncDispose]();
      await reader?.[Symbol.asyncDispose]();
    },
  };
}

const late = (type: string): AppError => new AppError('deadline', `${type} was not done in time.`);

const cancelled = ({ reason }: AbortSignal): AppError =>
  AppError.is(reason) ? reason : new AppError('cancelled', 'The caller went away.', { cause: reason });
