import type { Telemetry } from '@mlab/telemetry';
import type { AnyOperation, Contract, HandlersOf } from '#/contract.ts';
import type { Discovery } from '#/peers/discovery.ts';
import type { Check, Clock } from '#/service.ts';
import type { Database } from '#/state/database.ts';
import type { AnyEventType, Delivery, Events, Received } from '#/state/events.ts';
import type { JobQueue, JobRun, Jobs } from '#/state/jobs.ts';
import type { Objects } from '#/state/objects.ts';

/** Whom a facility serves. */
export interface Owner {
  /** Of the service: its schema, its role and its folder are called after it. */
  readonly name: string;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Operations that a facility adds to the services it serves, such as those for dead letters. */
export interface AddedOperations {
  readonly operations: Readonly<Record<string, AnyOperation>>;
  readonly handlers: HandlersOf<Contract>;
}

/** What is opened for one service. `stop` lets work under way end and takes no more; disposing closes it. */
interface Opened extends AsyncDisposable {
  readonly checks?: () => readonly Check[];
}

export interface OpenedDatabase extends Opened {
  readonly database: Database;
}

export interface EventsDeclaration {
  readonly contract: Contract;
  /** Contracts whose queues it may send to. */
  readonly needs: readonly Contract[];
  /** By the name under which the consumer stands in the service's table. */
  readonly consumes: Readonly<Record<string, AnyEventType>>;
  /** What each of its instances hears, by the names of the listeners. */
  readonly hears?: Readonly<Record<string, AnyEventType>>;
}

export type AnyConsumer = (event: Received<never>, delivery: Delivery) => Promise<unknown>;
export type AnyListener = (event: Received<never>) => void;

/** Who handles what comes, by the names under which it was declared. */
export interface EventHandlers {
  readonly consumers: Readonly<Record<string, AnyConsumer>>;
  /** By the name of their queue. */
  readonly workers: Readonly<Record<string, AnyConsumer>>;
  /** With `missed` among them. */
  readonly listeners: Readonly<Record<string, AnyListener>>;
}

export interface OpenedEvents extends Opened {
  readonly events: Events;
  readonly added?: AddedOperations;
  /** Begins to hand events and messages to the service. */
  consume(handlers: EventHandlers): Promise<void>;
  /** Takes no more, and resolves when what is under way has ended. */
  stop(): Promise<void>;
}

export type AnyJobRunner = (input: never, run: JobRun) => Promise<unknown>;

export interface OpenedJobs extends Opened {
  readonly queues: Readonly<Record<string, JobQueue<never, unknown>>>;
  readonly added?: AddedOperations;
  work(runners: Readonly<Record<string, AnyJobRunner>>): Promise<void>;
  stop(): Promise<void>;
}

/** What stands in a service's schema beside its own tables. */
export interface DatabaseContents {
  readonly events: boolean;
  readonly jobs: boolean;
}

/** What a process lends to the services in it. The kernel knows no database and no bus: `apps/platform` brings them. */
export interface Facilities {
  /** The schema and the role of a service, migrated by the numbered SQL files of a folder, with the tables of what else it declares. */
  readonly openDatabase?: (owner: Owner, migrations: URL | undefined, holds: DatabaseContents) => Promise<OpenedDatabase>;
  readonly openEvents?: (owner: Owner, database: Database, declaration: EventsDeclaration) => Promise<OpenedEvents>;
  readonly openJobs?: (owner: Owner, database: Database, jobs: Jobs) => Promise<OpenedJobs>;
  readonly openObjects?: (owner: Owner) => Promise<Objects & AsyncDisposable>;
  /** Where instances of services make themselves known and are found. */
  readonly discovery?: Discovery;
}
