import { AppError, rootCall, type AnyConsumer, type CallMeta, type Received, type Transaction } from '@mlab/kernel';
import { printable } from '@mlab/telemetry';
import { backoffMs } from '#/backoff.ts';
import type { DataCheck } from '#/data-check.ts';
import { publisherOf, readEnvelope, writeEnvelope, type Envelope } from '#/envelope.ts';
import type { Outcome } from '#/metrics.ts';
import { errorReply, isTransient, REPLY_TYPE, type Reply } from '#/reply.ts';
import type { Serving } from '#/serving.ts';
import { complete, fail, giveBack, type Claimed } from '#/store/inbox.ts';
import { insertOutgoing } from '#/store/outbox.ts';

/** Whoever handles the messages of one inbox. */
export interface Consumer {
  readonly name: string;
  readonly type: string;
  readonly data: DataCheck;
  /** What the work of a queue brings; events bring nothing. */
  readonly output: DataCheck | undefined;
  readonly handle: AnyConsumer;
}

export interface Attempted {
  readonly outcome: Outcome;
  /** When it is tried again, from now. */
  readonly retryMs?: number;
}

/** The claim is void: the message has ended, or is somebody else's. Nothing of this attempt may stay. */
const VOID = new Error('The claim is void.');
const STATEMENT_MS = 30_000;

/**
 * Handles one message once. What the handler writes and the end of the message are one transaction; whatever becomes of the attempt is
 * written down before this resolves, unless `ending` says that the process has no more time for it.
 */
export async function attempt(serving: Serving, consumer: Consumer, claimed: Claimed, ending: AbortSignal): Promise<Attempted> {
  const { service, database, clock } = serving;
  const write = (work: (tx: Transaction) => Promise<unknown>): Promise<void> =>
    persist(serving, ending, async () => void (await database.transaction(rootCall(service, STATEMENT_MS), work)));

  let envelope: Envelope;
  try {
    envelope = readEnvelope(claimed.envelope);
  } catch (error) {
    return bury(error);
  }
  const { replyto, expirytime } = envelope;
  const msLeft = replyto === undefined || expirytime === undefined ? Infinity : Date.parse(expirytime) - clock.now().getTime();
  if (msLeft <= 0) {
    await write((tx) => complete(tx, claimed));
    return { outcome: 'expired' };
  }
  const data = consumer.data.complete(envelope.data);
  const fault = consumer.data.fault(data);
  if (fault !== undefined) {
    const error = new AppError('invalid', `${envelope.type} is not what its contract says: ${fault}.`);
    return replyto === undefined ? bury(error) : refuse(error);
  }

  try {
    await handle();
    return { outcome: 'done' };
  } catch (error) {
    if (error === VOID) return { outcome: 'interrupted' };
    if (ending.aborted) {
      await database.transaction(rootCall(service, STATEMENT_MS), (tx) => giveBack(tx, claimed)).catch(() => undefined);
      return { outcome: 'interrupted' };
    }
    return failed(error);
  }

  async function handle(): Promise<void> {
    const { tracer } = serving.telemetry;
    const { settings } = serving;
    const ms = Math.min(settings.handlerMs, msLeft);
    const controller = new AbortController();
    const tooLate = new AppError('deadline', `${consumer.name} did not handle ${envelope.type} within ${Math.round(ms)} ms.`);
    const cancelTimer = clock.schedule(ms, () => controller.abort(tooLate));
    const leave = (): void => controller.abort(ending.reason);
    ending.addEventListener('abort', leave);
    if (ending.aborted) leave();
    const { traceparent, tracestate } = envelope;
    const trace = tracer.start(
      `${consumer.name} ${envelope.type}`,
      'server',
      traceparent === undefined ? undefined : { traceparent, tracestate },
      {
        'messaging.system': 'mlab',
        'messaging.message.id': claimed.id,
      },
    );
    const call: CallMeta = { caller: publisherOf(envelope), trace, deadline: clock.monotonic() + ms, signal: controller.signal };
    let code: string | undefined;
    try {
      await database.transaction(call, async (tx) => {
        if (!(await complete(tx, claimed))) throw VOID;
        const output = await consumer.handle(receivedFrom(envelope, claimed, data) as never, { tx, attempt: claimed.attempts, call });
        if (replyto !== undefined) await reply(tx, { output: checked(output) });
      });
    } catch (error) {
      code = error === VOID ? 'void' : AppError.from(error).code;
      throw controller.signal.aborted && AppError.is(error) ? AppError.from(controller.signal.reason) : error;
    } finally {
      cancelTimer();
      ending.removeEventListener('abort', leave);
      trace.end(undefined, code);
    }
  }

  function checked(output: unknown): unknown {
    const wrong = consumer.output?.fault(output);
    if (wrong !== undefined) throw new Error(`The output of ${consumer.name} is not what its contract says: ${wrong}.`);
    return output;
  }

  async function reply(tx: Transaction, content: Reply): Promise<void> {
    if (replyto === undefined) return;
    const { id, text } = writeEnvelope({ service, type: REPLY_TYPE, time: clock.now(), data: content, correlationid: claimed.id });
    await insertOutgoing(tx, { id, channel: replyto, key: undefined, envelope: text });
    tx.afterCommit(serving.wakeRelay);
  }

  async function failed(error: unknown): Promise<Attempted> {
    const { settings, random } = serving;
    const backoff = backoffMs(claimed.attempts, { baseMs: settings.backoffMs, capMs: settings.maxBackoffMs }, random);
    // Who says when it is worth trying again is believed, and nobody waits for it whose time is up by then.
    const retryMs = replyto === undefined ? backoff : Math.max(backoff, (AppError.from(error).retryAfter ?? 0) * 1000);
    const last = claimed.attempts >= settings.maxAttempts;
    if (replyto !== undefined && (last || !isTransient(error) || retryMs >= msLeft)) return refuse(error);
    if (last) return bury(error);
    tell('warn', error, 'an event could not be handled, and is tried again');
    await write((tx) => fail(tx, claimed, { error: sentenceOf(error), retryMs }));
    return { outcome: 'retried', retryMs };
  }

  async function bury(error: unknown): Promise<Attempted> {
    tell('error', error, 'an event could not be handled, and is a dead letter now');
    await write((tx) => fail(tx, claimed, { error: sentenceOf(error) }));
    return { outcome: 'dead' };
  }

  /** Whoever waits for the reply is told, and does with it what he likes; so it is no dead letter. */
  async function refuse(error: unknown): Promise<Attempted> {
    tell('warn', error, 'a request failed');
    await write(async (tx) => {
      if (await complete(tx, claimed)) await reply(tx, errorReply(error));
    });
    return { outcome: 'refused' };
  }

  function tell(level: 'warn' | 'error', error: unknown, message: string): void {
    serving.telemetry.log[level]({ err: error, consumer: consumer.name, id: claimed.id, attempt: claimed.attempts }, message);
  }
}

function receivedFrom({ type, source, time, subject }: Envelope, { id, key, receivedAt }: Claimed, data: unknown): Received<unknown> {
  return { id, type, source, time: time === undefined ? receivedAt : new Date(time), subject, key, data };
}

function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? `${AppError.is(error) ? error.code : error.name}: ${error.message}` : String(error);
  return printable(message.toWellFormed(), 2000);
}

/** Writes down what became of a message, however long the database is away; until then it stays taken. */
async function persist({ clock, random }: Serving, ending: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch {
      if (ending.aborted) return;
      const ms = backoffMs(failures, { baseMs: 100, capMs: 5000 }, random);
      await new Promise<void>((resolve) => void clock.schedule(ms, resolve));
    }
  }
}
