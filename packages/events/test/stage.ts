import {
  rootCall,
  type AnyConsumer,
  type Contract,
  type Database,
  type EventHandlers,
  type EventsDeclaration,
  type OpenedEvents,
  type Owner,
  type Transaction,
} from '@mlab/kernel';
import { eventsMigrations, eventsSettings, openEventsFacility, type EventsFacility, type EventsSettings } from '@mlab/events';
import { Value } from '@mlab/schema';
import { openDatabase, sql, text } from '@mlab/sql';
import { testOwner } from '@mlab/sql/testing';

export type Handlers = Readonly<Record<string, AnyConsumer>>;

export const settingsOf = (changes: Partial<EventsSettings>): EventsSettings => ({
  ...(Value.Default(eventsSettings.json, {}) as EventsSettings),
  backoffMs: 20,
  maxBackoffMs: 100,
  maxAttempts: 3,
  stopMs: 2000,
  ...changes,
});

/** What a process lends its services. */
export async function openProcess(adminUrl: string, settings: EventsSettings): Promise<EventsFacility> {
  const { telemetry, clock, random } = await testOwner('process');
  return openEventsFacility({ adminUrl, settings, telemetry, clock, random });
}

export interface TestService extends AsyncDisposable {
  readonly owner: Owner;
  readonly database: Database;
  readonly opened: OpenedEvents;
  readonly events: OpenedEvents['events'];
  /** Runs `work` in a transaction of its own. */
  readonly commit: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
  /** What the handlers have noted in the database, in the order of their commits. */
  readonly notes: () => Promise<readonly { note: string; consumer: string }[]>;
}

export interface ServiceSpec {
  readonly contract: Contract;
  readonly needs?: readonly Contract[];
  readonly consumes?: EventsDeclaration['consumes'];
  readonly consumers?: Handlers;
  readonly hears?: EventsDeclaration['hears'];
  readonly listeners?: EventHandlers['listeners'];
  readonly workers?: Handlers;
  /** Opens and does not yet begin to handle. */
  readonly idle?: boolean;
}

export const migrations = new URL('migrations/', import.meta.url);

export async function openService(facility: EventsFacility, adminUrl: string, spec: ServiceSpec): Promise<TestService> {
  const { contract, needs = [], consumes = {}, consumers = {}, workers = {}, hears = {}, listeners = {}, idle = false } = spec;
  const owner = await testOwner(contract.name);
  const stack = new AsyncDisposableStack();
  const { database } = stack.use(await openDatabase(owner, { adminUrl, systemMigrations: [eventsMigrations], migrations }));
  try {
    const opened = stack.use(await facility.openEvents(owner, database, { contract, needs, consumes, hears }));
    if (!idle) await opened.consume({ consumers, workers, listeners });
    return {
      owner,
      database,
      opened,
      events: opened.events,
      commit: (work) => database.transaction(rootCall('test', 20_000), work),
      notes: () =>
        database
          .for(rootCall('test'))
          .all(sql`SELECT consumer, note FROM note ORDER BY seq`, (row) => ({ consumer: text(row['consumer']), note: text(row['note']) })),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** A handler's write: it stays only if the event was handled. */
export async function note(tx: Transaction, consumer: string, what: string): Promise<void> {
  await tx.run(sql`INSERT INTO note (consumer, note) VALUES (${consumer}, ${what})`);
}

/** Looks until it is so; says what it saw last when it never is. */
export async function until<T>(look: () => Promise<T> | T, isSo: (seen: T) => boolean, withinMs = 20_000): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > end) throw new Error(`It did not come about within ${withinMs} ms; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
