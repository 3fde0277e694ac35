import { rootCall, type AnyConsumer, type AnyListener, type Received } from '@mlab/kernel';
import { sql } from '@mlab/sql';
import type { EventsFacility, EventsSettings } from '@mlab/events';
import type { BusKind, TestBus } from './buses.ts';
import { listener, shop } from './shop.ts';
import { note, openProcess, openService, settingsOf, type ServiceSpec, type TestService } from './stage.ts';

export type Order = Received<{ readonly order: number; readonly note?: string }>;

/** A handler as it stands in a table of handlers of all kinds. */
export const handler = (handle: (event: Order, delivery: Parameters<AnyConsumer>[1]) => Promise<unknown>): AnyConsumer => handle;

/** A listener as it stands in a table of listeners of all kinds. */
export const listen = (hear: (event: Order) => void): AnyListener => hear;

export const noting = (consumer: string): AnyConsumer => handler(({ data }, { tx }) => note(tx, consumer, String(data.order)));

export const listening = (consumers: ServiceSpec['consumers'] = { placed: noting('placed') }): ServiceSpec => ({
  contract: listener,
  consumes: { placed: shop.events.placed },
  consumers,
});

export interface Stage extends AsyncDisposable {
  readonly bus: TestBus;
  readonly facility: EventsFacility;
  readonly open: (spec: ServiceSpec) => Promise<TestService>;
  /** Another process, as far as anybody can tell. */
  readonly another: (changes?: Partial<EventsSettings>) => Promise<EventsFacility>;
}

export async function openStage(kind: BusKind, changes: Partial<EventsSettings> = {}): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  const bus = stack.use(await kind.open());
  const another = async (more: Partial<EventsSettings> = {}) =>
    stack.use(await openProcess(bus.adminUrl, settingsOf({ ...bus.settings, ...changes, ...more })));
  const facility = await another();
  return {
    bus,
    facility,
    another,
    open: async (spec) => stack.use(await openService(facility, bus.adminUrl, spec)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export const numbers = async (service: TestService, consumer?: string): Promise<readonly number[]> =>
  (await service.notes()).filter((line) => consumer === undefined || line.consumer === consumer).map((line) => Number(line.note));

export const place = (
  service: TestService,
  order: number,
  options: { key?: string; subject?: string; note?: string } = {},
): Promise<void> =>
  service.commit((tx) => {
    const { note: what, ...rest } = options;
    return service.events.publish(tx, shop.events.placed, { order, ...(what === undefined ? {} : { note: what }) }, rest);
  });

export const outboxDepth = async ({ database }: TestService): Promise<number | undefined> =>
  database.for(rootCall('test')).first(sql`SELECT count(*) AS count FROM event_outbox`, (row) => Number(row['count']));
