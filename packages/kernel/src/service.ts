import type { Logger, Metrics } from '@mlab/telemetry';
import type { AnySchema, ClientOf, Contract, HandlersOf, Schema } from '#/contract.ts';
import type { Beside } from '#/http/beside.ts';
import type { OpenGrpc } from '#/grpc/implementation.ts';
import type { Peer } from '#/peers/peer.ts';
import type { SpokenBy } from '#/protocol.ts';
import type { Database } from '#/state/database.ts';
import type { Consumes, ConsumersOf, Events, ListenersOf, WorkersOf } from '#/state/events.ts';
import type { JobQueuesOf, JobRunnersOf, Jobs } from '#/state/jobs.ts';
import type { Objects } from '#/state/objects.ts';

type TypeOf<S> = S extends Schema<infer T> ? T : never;
export type Needs = Readonly<Record<string, Contract>>;

/** Time as an argument, so that tests can move it. */
export interface Clock {
  /** Wall-clock time, for what people and other systems read. */
  now(): Date;
  /** Milliseconds that never go back, for durations and deadlines. */
  monotonic(): number;
  /** Runs `task` after `ms` milliseconds unless cancelled by the function that is returned. */
  schedule(ms: number, task: () => void): () => void;
}

/** A schema of its own in the database. */
export interface DatabaseUse {
  /** The folder of the numbered SQL files that make its tables; absent: it has none, only what its events and jobs need. */
  readonly migrations?: URL;
  /** Whether the service also runs where there is no database; then it has neither events nor jobs. Default false. */
  readonly optional?: boolean;
}

/** `T` where a database is declared, perhaps `T` where it is optional. */
type WithDatabase<D, T> = D extends { readonly optional: true } ? T | undefined : D extends DatabaseUse ? T : undefined;

export interface Context<N extends Needs, Config, D, J, O, W extends Needs> {
  readonly config: Config;
  /** One typed client per need; it spreads its calls over the instances of that neighbour. `undefined`: wanted, and nowhere. */
  readonly clients: { readonly [P in keyof N]: ClientOf<N[P]> } & { readonly [P in keyof W]: ClientOf<W[P]> | undefined };
  /** The instances behind each client, for a service that balances by itself. */
  readonly peers: { readonly [P in keyof N]: Peer<ClientOf<N[P]>> };
  readonly database: WithDatabase<D, Database>;
  readonly events: WithDatabase<D, Events>;
  /** One queue per kind of job that is declared. */
  readonly jobs: J extends Jobs ? JobQueuesOf<J> : undefined;
  readonly objects: O extends true ? Objects : undefined;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What `/ready` says: false until all has started, and from when it begins to end. For protocols that have such a word of their own. */
  readonly isReady: () => boolean;
}

/** One reason why a service can or cannot serve, shown by `/ready`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** A check that is not required is shown and does not make the service unready. */
  readonly required: boolean;
  readonly detail: string;
}

/** A request before its body is read. */
export interface Arrival {
  readonly operation: string;
  /** The address the connection came from. */
  readonly client: string;
}

/** Asked at the door, before a body is read: returns headers for the answer, or throws to refuse. */
export type Admit = (arrival: Arrival) => Readonly<Record<string, string>> | undefined;

interface Serves<C extends Contract> extends Partial<AsyncDisposable> {
  readonly handlers: HandlersOf<C>;
  /** Who answers large requests to an operation, where its handler is not to. */
  readonly beside?: { readonly [K in keyof C['operations']]?: Beside };
  readonly checks?: () => readonly Check[];
  readonly admit?: Admit | undefined;
}

type IsTold<E> = E extends Consumes ? { readonly consumers: ConsumersOf<E> } : { readonly consumers?: undefined };
type Hears<H> = H extends Consumes ? { readonly listeners: ListenersOf<H> } : { readonly listeners?: undefined };
type Takes<C extends Contract> = C extends { readonly queues: object }
  ? { readonly workers: WorkersOf<C> }
  : { readonly workers?: undefined };
type Runs<J> = J extends Jobs ? { readonly jobs: JobRunnersOf<J> } : { readonly jobs?: undefined };

type Speaks<C extends Contract> = C extends { readonly protocols: object }
  ? { readonly protocols: SpokenBy<C> }
  : { readonly protocols?: undefined };

type Answers<C extends Contract> = C extends { readonly grpc: object } ? { readonly grpc: OpenGrpc } : { readonly grpc?: undefined };

/** A service at work: one total table for each thing it has declared. */
export type Running<C extends Contract, E = undefined, J = undefined, H = undefined> = Serves<C> &
  Speaks<C> &
  Answers<C> &
  IsTold<E> &
  Takes<C> &
  Runs<J> &
  Hears<H>;

/** Everything but `start` is data, so the whole system can be drawn and checked without running it. */
export interface ServiceDefinition<
  C extends Contract = Contract,
  N extends Needs = Needs,
  S extends AnySchema = AnySchema,
  D extends DatabaseUse | undefined = undefined,
  E extends Consumes | undefined = undefined,
  J extends Jobs | undefined = undefined,
  O extends boolean | undefined = undefined,
  W extends Needs = Needs,
  H extends Consumes | undefined = undefined,
> {
  readonly contract: C;
  /** Contracts it calls: typed clients for it, edges in the graph for us. */
  readonly needs: N;
  /** Contracts it calls where they are there. It runs without them, and can do less. */
  readonly wants?: W;
  /** Services whose doors also stand below its own, at `/<name>/…` and at the roots of their protocols: what comes there is handed on. */
  readonly forwards?: readonly Contract[];
  /** Events of which each is handled by one of its instances, by the names of its consumers. */
  readonly consumes?: E;
  /** Events that every instance is to hear as they happen, by the names of its listeners: what keeps a cache true. */
  readonly hears?: H;
  readonly config: S;
  readonly database?: D;
  /** Work of its own that must outlive a process. */
  readonly jobs?: J;
  /** Whether it keeps files. */
  readonly objects?: O;
  start(context: Context<N, TypeOf<S>, D, J, O, W>): Promise<Running<C, E, J, H>> | Running<C, E, J, H>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a list of services of all kinds; each was checked where it was defined
export type AnyService = ServiceDefinition<any, any, any, any, any, any, any, any, any>;

export function defineService<
  C extends Contract,
  const N extends Needs,
  S extends AnySchema,
  const D extends DatabaseUse | undefined = undefined,
  const E extends Consumes | undefined = undefined,
  const J extends Jobs | undefined = undefined,
  const O extends boolean | undefined = undefined,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- whoever wants nobody
  const W extends Needs = Readonly<Record<never, never>>,
  const H extends Consumes | undefined = undefined,
>(definition: ServiceDefinition<C, N, S, D, E, J, O, W, H>): ServiceDefinition<C, N, S, D, E, J, O, W, H> {
  return definition;
}
