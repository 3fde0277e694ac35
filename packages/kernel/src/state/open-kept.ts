import type { AnyOperation, Contract } from '#/contract.ts';
import type { AnyService, Check } from '#/service.ts';
import type {
  AddedOperations,
  AnyConsumer,
  AnyJobRunner,
  AnyListener,
  DatabaseContents,
  Facilities,
  OpenedDatabase,
  Owner,
} from '#/state/facilities.ts';
import { callsOf, exchangesMessages } from '#/topology.ts';

interface Tables {
  readonly consumers?: Readonly<Record<string, AnyConsumer>> | undefined;
  readonly workers?: Readonly<Record<string, AnyConsumer>> | undefined;
  readonly listeners?: Readonly<Record<string, AnyListener>> | undefined;
  readonly jobs?: Readonly<Record<string, AnyJobRunner>> | undefined;
}

/** All that one service keeps, opened as it has declared it. */
export interface Kept extends AsyncDisposable {
  /** Its part of the context that `start` gets. */
  readonly context: Readonly<Record<'database' | 'events' | 'jobs' | 'objects', unknown>>;
  readonly added: { readonly operations: Readonly<Record<string, AnyOperation>>; readonly handlers: AddedOperations['handlers'] };
  readonly checks: () => readonly Check[];
  /** Begins to hand events, messages and jobs to the service. */
  begin(tables: Tables): Promise<void>;
  /** Takes no more of them, and resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** Throws a sentence when the process cannot lend what the service has declared. */
export async function openKept(service: AnyService, facilities: Facilities, owner: Owner): Promise<Kept> {
  await using stack = new AsyncDisposableStack();
  const contract = service.contract as Contract;
  const hasMessages = exchangesMessages(service);
  const database = await openDatabase(service, facilities, owner, { events: hasMessages, jobs: service.jobs !== undefined });
  if (database !== undefined) stack.use(database);

  const events =
    hasMessages && database !== undefined
      ? await required(facilities.openEvents, contract, 'events')(owner, database.database, {
          contract,
          needs: callsOf(service),
          consumes: service.consumes ?? {},
          hears: service.hears ?? {},
        })
      : undefined;
  if (events !== undefined) stack.use(events);

  const jobs =
    service.jobs !== undefined && database !== undefined
      ? await required(facilities.openJobs, contract, 'jobs')(owner, database.database, service.jobs)
      : undefined;
  if (jobs !== undefined) stack.use(jobs);

  const objects = service.objects === true ? await required(facilities.openObjects, contract, 'files')(owner) : undefined;
  if (objects !== undefined) stack.use(objects);

  const parts = [events?.added, withoutOwn(contract, jobs?.added)].filter((part) => part !== undefined);
  for (const { operations } of parts) refuseClash(contract, operations);
  const disposing = stack.move();
  return {
    context: { database: database?.database, events: events?.events, jobs: jobs?.queues, objects },
    added: {
      operations: Object.assign({}, ...parts.map(({ operations }) => operations)) as Record<string, AnyOperation>,
      handlers: Object.fromEntries(
        parts.flatMap(({ operations, handlers }) => Object.keys(operations).map((key) => [key, handlers[key]])),
      ) as AddedOperations['handlers'],
    },
    checks: () => {
      const checks = [database, events, jobs].flatMap((part) => part?.checks?.() ?? []);
      // A service that also runs without a database says itself what it cannot do while that is away.
      return service.database?.optional === true ? checks.map((check) => ({ ...check, required: false })) : checks;
    },
    begin: async ({ consumers = {}, workers = {}, listeners = {}, jobs: runners = {} }) => {
      await events?.consume({ consumers, workers, listeners });
      await jobs?.work(runners);
    },
    stop: async () => void (await Promise.all([events?.stop(), jobs?.stop()])),
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

async function openDatabase(
  service: AnyService,
  { openDatabase: open }: Facilities,
  owner: Owner,
  holds: DatabaseContents,
): Promise<OpenedDatabase | undefined> {
  const { database: use } = service;
  if (use === undefined) {
    for (const kind of ['consumes', 'hears', 'jobs'] as const)
      if (service[kind] !== undefined) throw new Error(`${owner.name} declares ${kind} and no database, which they need.`);
    return undefined;
  }
  if (open !== undefined) return open(owner, use.migrations, holds);
  if (use.optional === true) return undefined;
  throw new Error(`${owner.name} keeps data and there is no database: set DATABASE_URL, or let mlab up bring one.`);
}

/** A service that has jobs as its subject says itself what one is: its own operation of the same name at the same route stands. */
function withoutOwn({ operations: own }: Contract, added: AddedOperations | undefined): AddedOperations | undefined {
  if (added === undefined) return undefined;
  const left = Object.entries(added.operations).filter(([key, { method, path }]) => own[key]?.method !== method || own[key].path !== path);
  return { operations: Object.fromEntries(left), handlers: added.handlers };
}

/** What is added must not take the place of what the service has itself. */
function refuseClash({ name, operations: own }: Contract, added: Readonly<Record<string, AnyOperation>>): void {
  const routes = new Set(Object.values(own).map(({ method, path }) => `${method} ${path}`));
  for (const [key, { method, path }] of Object.entries(added)) {
    if (key in own || routes.has(`${method} ${path}`))
      throw new Error(`${name} may not have ${key} (${method} ${path}) of its own: that is where its dead letters or jobs are seen to.`);
  }
}

function required<T>(facility: T | undefined, { name }: Contract, what: string): T {
  if (facility === undefined) throw new Error(`${name} has ${what}, and this process has nothing that carries ${what}.`);
  return facility;
}
