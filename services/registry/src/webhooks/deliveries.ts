import type { DeliveryState } from '@mlab/contracts/registry-schemas';
import { AppError, type CallMeta, type Clock, type Database, type JobQueue, type JobRun, type Transaction } from '@mlab/kernel';
import type { Outbound, OutboundResponse } from '@mlab/outbound';
import { eventName, waitMs } from '#/domain/webhook.ts';
import type { WebhookFact } from '#/domain/webhook-fact.ts';
import {
  dropDelivery,
  findDelivery,
  forgetDeliveries,
  insertDelivery,
  listDeliveries,
  lockDelivery,
  resetDelivery,
  settleDelivery,
  type DeliveryQuery,
  type KeptDelivery,
  type Outcome,
} from '#/store/deliveries.ts';
import { findWebhook, listening, type KeptWebhook } from '#/store/webhooks.ts';
import { messageBody, messageHeaders } from './message.ts';
import type { Secrets } from './secrets.ts';

export interface DeliveriesOptions {
  readonly database: Database;
  readonly queue: JobQueue<{ readonly delivery: string }, unknown>;
  readonly outbound: Outbound;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly settings: { readonly attempts: number; readonly backoffMs: number; readonly maxBackoffMs: number; readonly keepDays: number };
  /** Told of every attempt. */
  readonly attempted: (outcome: DeliveryState) => void;
}

export type Deliveries = ReturnType<typeof openDeliveries>;

const DAY_MS = 86_400_000;
const LONGEST_RETRY_AFTER_S = 3600;

/** Messages to webhooks: written down with the change that they tell of, and sent until they arrive or are given up. */
export function openDeliveries({ database, queue, outbound, secrets, clock, random, newId, settings, attempted }: DeliveriesOptions) {
  const send = async ({ id, body }: KeptDelivery, webhook: KeptWebhook, signal: AbortSignal): Promise<OutboundResponse> => {
    const secret = webhook.secret === undefined ? undefined : secrets.read(webhook.secret, webhook.id);
    return outbound.post({ url: webhook.url, headers: messageHeaders({ id, body, secret, at: clock.now() }), body, signal });
  };

  /** What an attempt comes to: done, once more later, or given up. */
  const judge = ({ tries }: KeptDelivery, attempt: Attempt): Outcome => {
    const at = clock.now();
    const { status, error, retryAfterMs } = attempt;
    if (error === undefined) return { state: 'delivered', status, error, at, nextAt: undefined };
    // Who answers 410 says that he will never take it.
    if (tries + 1 >= settings.attempts || status === 410) return { state: 'failed', status, error, at, nextAt: undefined };
    const wait = waitMs(tries + 1, { firstMs: settings.backoffMs, mostMs: settings.maxBackoffMs }, random());
    return { state: 'waiting', status, error, at, nextAt: new Date(at.getTime() + Math.max(wait, retryAfterMs)) };
  };

  const attempt = async (delivery: KeptDelivery, webhook: KeptWebhook, signal: AbortSignal): Promise<Attempt> => {
    try {
      const { status, headers } = await send(delivery, webhook, signal);
      if (status >= 200 && status < 300) return { status, error: undefined, retryAfterMs: 0 };
      return { status, error: `It answered ${status}.`, retryAfterMs: retryAfterMs(headers['retry-after']) };
    } catch (error) {
      // This process ends, or the job was cancelled: that says nothing of the webhook.
      if (signal.aborted) throw error;
      return { status: undefined, error: AppError.from(error).message, retryAfterMs: 0 };
    }
  };

  return {
    /** Writes down a message to each webhook that is to hear of a fact, if and when `tx` commits. */
    tell: async (tx: Transaction, { event, data }: WebhookFact, at: Date): Promise<void> => {
      const webhooks = await listening(tx, event);
      const body = webhooks.length === 0 ? '' : messageBody(event, data, at);
      for (const webhook of webhooks) {
        const id = newId();
        await insertDelivery(tx, { id, webhook, event: eventName(event), body, createdAt: at });
        await queue.send(tx, { delivery: id });
      }
    },

    /** One attempt. The next one is a job of its own. */
    run: async ({ delivery: id }: { readonly delivery: string }, { call, signal }: Pick<JobRun, 'call' | 'signal'>): Promise<void> => {
      const db = database.for(call);
      const delivery = await findDelivery(db, id);
      if (delivery?.state !== 'waiting') return;
      const webhook = await findWebhook(db, delivery.webhook);
      if (webhook?.status !== 'ACTIVE')
        return dropDelivery(db, id, webhook === undefined ? 'Its webhook was deleted.' : 'Its webhook is disabled.');
      const outcome = judge(delivery, await attempt(delivery, webhook, signal));
      await database.transaction(call, async (tx) => {
        await settleDelivery(tx, id, outcome);
        if (outcome.nextAt !== undefined) await queue.send(tx, { delivery: id }, { startAfter: outcome.nextAt });
        tx.afterCommit(() => attempted(outcome.state));
      });
    },

    list: (call: CallMeta, query: DeliveryQuery): Promise<readonly KeptDelivery[]> => listDeliveries(database.for(call), query),

    /** Lets a message that was given up begin anew. */
    redrive: (call: CallMeta, id: string): Promise<KeptDelivery> =>
      database.transaction(call, async (tx) => {
        const delivery = await lockDelivery(tx, id);
        if (delivery === undefined) throw new AppError('not_found', `There is no delivery ${id}.`);
        const { state, webhook } = delivery;
        if (state !== 'failed' && state !== 'dropped')
          throw new AppError('conflict', `The delivery ${id} is ${state}: only one that has failed or was dropped is sent again.`);
        const found = await findWebhook(tx, webhook);
        if (found === undefined)
          throw new AppError('conflict', `The delivery ${id} cannot be sent again: its webhook ${webhook} was deleted.`);
        const now = clock.now();
        await resetDelivery(tx, id, now);
        await queue.send(tx, { delivery: id });
        return { ...delivery, state: 'waiting', tries: 0, nextAt: now };
      }),

    /** Forgets what has ended long ago. Answers how many. */
    tidy: (call: CallMeta): Promise<number> =>
      forgetDeliveries(database.for(call), new Date(clock.now().getTime() - settings.keepDays * DAY_MS)),
  };
}

interface Attempt {
  readonly status: number | undefined;
  /** Undefined: it has arrived. */
  readonly error: string | undefined;
  readonly retryAfterMs: number;
}

/** Only the form in seconds. */
function retryAfterMs(header: string | readonly string[] | undefined): number {
  const seconds = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0;
  return Math.min(seconds, LONGEST_RETRY_AFTER_S) * 1000;
}
