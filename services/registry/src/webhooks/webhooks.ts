import { AppError, type CallMeta, type Database, type Queryable, type Transaction } from '@mlab/kernel';
import { checkLength, invalidParameter, mlflowError } from '@mlab/mlflow';
import type { Outbound } from '@mlab/outbound';
import { checkWebhookEvents, checkWebhookName, eventName, type Webhook, type WebhookEvent, type WebhookStatus } from '#/domain/webhook.ts';
import { exampleOf } from '#/domain/webhook-fact.ts';
import type { Who } from '#/domain/who.ts';
import type { Journal } from '#/journal.ts';
import { deleteWebhook, findWebhook, insertWebhook, listWebhooks, lockWebhook, updateWebhook, type KeptWebhook } from '#/store/webhooks.ts';
import { messageBody, messageHeaders } from './message.ts';
import type { Secrets } from './secrets.ts';

export interface WebhooksOptions {
  readonly database: Database;
  readonly journal: Journal;
  readonly outbound: Outbound;
  readonly secrets: Secrets;
  readonly now: () => Date;
  readonly newId: () => string;
}

export interface NewWebhook {
  readonly name: string;
  readonly description: string | undefined;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly secret: string | undefined;
  readonly status: WebhookStatus | undefined;
}

export type WebhookChanges = { readonly [K in keyof NewWebhook]: NewWebhook[K] | undefined };

/** What came of a message that was sent for a test. */
export interface TestResult {
  readonly success: boolean;
  readonly status?: number;
  readonly body?: string;
  readonly error?: string;
}

export type Webhooks = ReturnType<typeof openWebhooks>;

/** Who hears of changes over HTTP. */
export function openWebhooks({ database, journal, outbound, secrets, now, newId }: WebhooksOptions) {
  const checkUrl = async (url: string): Promise<void> => {
    checkLength('url', url, 2048);
    await outbound.check(url).catch((error: unknown) => {
      throw invalidParameter(`Invalid webhook URL: ${AppError.from(error).message}`, { cause: error });
    });
  };
  const record = async (tx: Transaction, who: Who, { id, change, before, after }: WebhookChange): Promise<void> => {
    await journal.record(tx, who, {
      event: 'webhookChanged',
      data: { webhook: id, change },
      model: undefined,
      before: before && stateOf(before),
      after: after && stateOf(after),
    });
  };

  return {
    create: async (call: CallMeta, who: Who, made: NewWebhook): Promise<Webhook> => {
      const { name, description, url, status = 'ACTIVE', secret } = made;
      checkWebhookName(name);
      checkTexts(made);
      await checkUrl(url);
      const events = checkWebhookEvents(made.events);
      const id = newId();
      const nowMs = now().getTime();
      const webhook = { id, name, description, url, events, status, createdMs: nowMs, updatedMs: nowMs };
      const kept = { ...webhook, secret: secret === undefined ? undefined : secrets.keep(secret, id) };
      await database.transaction(call, async (tx) => {
        await insertWebhook(tx, kept);
        await record(tx, who, { id, change: 'created', after: kept });
      });
      return webhook;
    },

    get: (call: CallMeta, id: string): Promise<Webhook> => mustFind(database.for(call), id),

    list: (call: CallMeta, page: { readonly offset: number; readonly limit: number }): Promise<readonly Webhook[]> =>
      listWebhooks(database.for(call), page),

    /** What is undefined stays. An empty secret takes the secret away. */
    update: async (call: CallMeta, who: Who, id: string, changes: WebhookChanges): Promise<Webhook> => {
      checkTexts(changes);
      if (changes.name !== undefined) checkWebhookName(changes.name);
      if (changes.url !== undefined) await checkUrl(changes.url);
      const events = changes.events && checkWebhookEvents(changes.events);
      return database.transaction(call, async (tx) => {
        const before = await lockWebhook(tx, id);
        if (before === undefined) throw notFound(id);
        const after: KeptWebhook = {
          ...before,
          name: changes.name ?? before.name,
          description: changes.description ?? before.description,
          url: changes.url ?? before.url,
          events: events ?? before.events,
          status: changes.status ?? before.status,
          secret: changes.secret === undefined ? before.secret : changes.secret === '' ? undefined : secrets.keep(changes.secret, id),
          updatedMs: now().getTime(),
        };
        await updateWebhook(tx, after);
        await record(tx, who, { id, change: 'updated', before, after });
        return after;
      });
    },

    delete: (call: CallMeta, who: Who, id: string): Promise<void> =>
      database.transaction(call, async (tx) => {
        const before = await lockWebhook(tx, id);
        if (before === undefined) throw notFound(id);
        await deleteWebhook(tx, id);
        await record(tx, who, { id, change: 'deleted', before });
      }),

    /** Sends an example once, and answers what came of it. */
    test: async (call: CallMeta, id: string, event: WebhookEvent | undefined): Promise<TestResult> => {
      if (event !== undefined) checkWebhookEvents([event]);
      const webhook = await mustFind(database.for(call), id);
      const tested = event ?? firstEvent(webhook);
      const at = now();
      const body = messageBody(tested, exampleOf(tested), at);
      try {
        const secret = webhook.secret === undefined ? undefined : secrets.read(webhook.secret, id);
        const headers = messageHeaders({ id: newId(), body, secret, at });
        const answer = await outbound.post({ url: webhook.url, headers, body, signal: call.signal });
        return { success: answer.status >= 200 && answer.status < 300, status: answer.status, body: answer.body };
      } catch (error) {
        return { success: false, error: `Failed to test webhook: ${AppError.from(error).message}` };
      }
    },
  };
}

function firstEvent({ id, events: [first] }: Webhook): WebhookEvent {
  if (first === undefined) throw new Error(`The webhook ${id} has no events.`);
  return first;
}

interface WebhookChange {
  readonly id: string;
  readonly change: string;
  readonly before?: KeptWebhook;
  readonly after?: KeptWebhook;
}

function checkTexts({ description = '', secret = '' }: Partial<WebhookChanges>): void {
  checkLength('description', description, 1000);
  checkLength('secret', secret, 1000);
}

async function mustFind(db: Queryable, id: string): Promise<KeptWebhook> {
  const webhook = await findWebhook(db, id);
  if (webhook === undefined) throw notFound(id);
  return webhook;
}

const notFound = (id: string): Error => mlflowError('RESOURCE_DOES_NOT_EXIST', `Webhook with ID ${id.slice(0, 100)} not found.`);

/** For the audit log: whether there is a secret, and never what it is. */
const stateOf = ({ name, description, url, events, status, secret }: KeptWebhook) => ({
  name,
  description,
  url,
  status,
  events: events.map(eventName),
  secret: secret !== undefined,
});
