import type { Logger, Metrics } from '@mlab/telemetry';
import type { AnySchema, ClientOf, Contract, HandlersOf, Schema } from '#/contract.ts';
import type { Peer } from '#/peers/peer.ts';

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

export interface Context<N extends Needs, Config> {
  readonly config: Config;
  /** One typed client per need; it spreads its calls over the instances of that neighbour. */
  readonly clients: { readonly [K in keyof N]: ClientOf<N[K]> };
  /** The instances behind each client, for a service that balances by itself. */
  readonly peers: { readonly [K in keyof N]: Peer<ClientOf<N[K]>> };
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
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

export interface Running<C extends Contract> extends Partial<AsyncDisposable> {
  readonly handlers: HandlersOf<C>;
  readonly checks?: () => readonly Check[];
  readonly admit?: Admit | undefined;
}

/** Everything but `start` is data, so the whole system can be drawn and checked without running it. */
export interface ServiceDefinition<C extends Contract = Contract, N extends Needs = Needs, S extends AnySchema = AnySchema> {
  readonly contract: C;
  /** Contracts it calls: typed clients for it, edges in the graph for us. */
  readonly needs: N;
  readonly config: S;
  start(context: Context<N, TypeOf<S>>): Promise<Running<C>> | Running<C>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a list of services of all kinds; each was checked where it was defined
export type AnyService = ServiceDefinition<any, any, any>;

export function defineService<C extends Contract, const N extends Needs, S extends AnySchema>(
  definition: ServiceDefinition<C, N, S>,
): ServiceDefinition<C, N, S> {
  return definition;
}
