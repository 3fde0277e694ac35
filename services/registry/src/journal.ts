import { registry } from '@mlab/contracts/registry';
import type { Clock, Events, EventType, Transaction } from '@mlab/kernel';
import type { WebhookFact } from '#/domain/webhook-fact.ts';
import { shownName, type Who } from '#/domain/who.ts';
import { insertEntry } from '#/store/audit.ts';

type EventName = keyof typeof registry.events;
type DataOf<K extends EventName> = (typeof registry.events)[K] extends EventType<infer T> ? T : never;

/** One change, as everybody hears of it who is to hear of it. */
export interface Change<K extends EventName> {
  readonly event: K;
  /** What the event says, but for who, when and after what. */
  readonly data: Omit<DataOf<K>, 'seq' | 'at' | 'by'>;
  readonly model: { readonly id: number; readonly name: string } | undefined;
  readonly version?: number;
  /** For the audit log. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** What MLflow's webhooks are told of it. */
  readonly fact?: WebhookFact | undefined;
}

export interface Journal {
  /** Writes the audit entry, publishes the event and tells the webhooks, if and when `tx` commits. */
  record<K extends EventName>(tx: Transaction, who: Who, change: Change<K>): Promise<void>;
}

export interface JournalOptions {
  readonly events: Events;
  readonly clock: Clock;
  readonly tellWebhooks: (tx: Transaction, fact: WebhookFact, at: Date) => Promise<void>;
}

export function openJournal({ events, clock, tellWebhooks }: JournalOptions): Journal {
  return {
    record: async (tx, who, { event, data, model, version, before, after, fact }) => {
      const at = clock.now();
      const type: EventType<unknown> = registry.events[event];
      const action = type.type.slice('registry.'.length, type.type.indexOf('@'));
      const traceId = tx.call.trace.traceId;
      const seq = await insertEntry(tx, { at, action, modelId: model?.id, model: model?.name, version, ...who, before, after, traceId });
      const subject = model === undefined ? undefined : version === undefined ? model.name : `${model.name}@${version}`;
      // The name of a model changes; its events keep their order all the same.
      const key = model === undefined ? action : `model ${model.id}`;
      await events.publish(
        tx,
        type,
        { ...data, seq, at: at.toISOString(), by: shownName(who) },
        { key, ...(subject === undefined ? {} : { subject }) },
      );
      if (fact !== undefined) await tellWebhooks(tx, fact, at);
    },
  };
}
