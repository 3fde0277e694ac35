import type { Static, TSchema } from '@mlab/schema';
import type { CallMeta } from '#/call.ts';
import type { AnySchema, Contract, Schema } from '#/contract.ts';
import type { Transaction } from '#/state/database.ts';

/** `service.past-tense-fact@major`. */
export type EventTypeName = `${string}.${string}@${number}`;

export interface AnyEventType {
  readonly type: EventTypeName;
  readonly summary: string;
  readonly data: AnySchema;
}

/** A fact that a service tells to whoever wants to know. */
export interface EventType<T> extends AnyEventType {
  readonly data: Schema<T>;
}

export interface AnyQueue {
  readonly type: EventTypeName;
  readonly summary: string;
  readonly input: AnySchema;
  readonly output: AnySchema;
}

/** Work that a service takes from others: each message is done by one of its instances. Who sends it may wait for the output. */
export interface Queue<I, O> extends AnyQueue {
  readonly input: Schema<I>;
  readonly output: Schema<O>;
}

export function event<D extends TSchema>(type: EventTypeName, spec: { readonly summary: string; readonly data: D }): EventType<Static<D>> {
  return { type, summary: spec.summary, data: { json: spec.data } };
}

export function queue<I extends TSchema, O extends TSchema>(
  type: EventTypeName,
  spec: { readonly summary: string; readonly input: I; readonly output: O },
): Queue<Static<I>, Static<O>> {
  return { type, summary: spec.summary, input: { json: spec.input }, output: { json: spec.output } };
}

/** An event or a message as its consumer sees it: the attributes of CloudEvents 1.0. */
export interface Received<T> {
  /** The same however often it is delivered. */
  readonly id: string;
  readonly type: string;
  /** `/services/<name>` of who published it. */
  readonly source: string;
  readonly time: Date;
  readonly subject: string | undefined;
  /** Events with the same key come one after the other, in the order of their publication. */
  readonly key: string | undefined;
  readonly data: T;
}

export interface Delivery {
  /** What is written here is committed together with the fact that the event was handled, so it is applied once. */
  readonly tx: Transaction;
  /** 1 the first time. */
  readonly attempt: number;
  /** For calls to neighbours: with the trace of the publisher and the deadline of this attempt. */
  readonly call: CallMeta;
}

export type Consumes = Readonly<Record<string, AnyEventType>>;

/** A consumer per consumed event, none missing and none more. One that throws is tried again, and in the end a dead letter. */
export type ConsumersOf<E extends Consumes> = {
  readonly [K in keyof E]: E[K] extends EventType<infer T> ? (event: Received<T>, delivery: Delivery) => Promise<void> : never;
};

/**
 * A listener per heard event, in every process: of what comes from when it began, each event once at most. One that throws is logged, and
 * hears the next. `missed` is called whenever hearing has begun, at the start and after each break: what was known until then may be out
 * of date, and what changes from then on is heard.
 */
export type ListenersOf<E extends Consumes> = {
  readonly [K in keyof E]: E[K] extends EventType<infer T> ? (event: Received<T>) => void : never;
} & { readonly missed: () => void };

/** A worker per queue of the service's own contract. */
export type WorkersOf<C extends Contract> = {
  readonly [K in keyof C['queues']]: C['queues'][K] extends Queue<infer I, infer O>
    ? (message: Received<I>, delivery: Delivery) => Promise<O>
    : never;
};

export interface PublishOptions {
  /** What the event is about: a model, a run. Shown, searchable, without effect. */
  readonly subject?: string;
  /** Keeps the order among events with the same key. Without one there is no order. */
  readonly key?: string;
}

/** How a service tells and asks through messages. */
export interface Events {
  /** Tells an event of the service's own contract, if and when `tx` commits. */
  publish<T>(tx: Transaction, event: EventType<T>, data: T, options?: PublishOptions): Promise<void>;
  /** Gives work to a queue of the own contract or of a needed one, if and when `tx` commits. */
  send<I, O>(tx: Transaction, queue: Queue<I, O>, input: I, options?: PublishOptions): Promise<void>;
  /** Gives work to a queue and waits for what comes of it, until the deadline of the call. */
  request<I, O>(call: CallMeta, queue: Queue<I, O>, input: I, options?: PublishOptions): Promise<O>;
}
