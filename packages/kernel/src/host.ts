import { openTelemetry, type Logger, type Telemetry } from '@mlab/telemetry';
import { systemClock } from '#/clock.ts';
import { readConfig } from '#/config.ts';
import type { Contract } from '#/contract.ts';
import { openEndpoints } from '#/endpoint.ts';
import { openGrpcServer } from '#/grpc/server.ts';
import { openForwarder, type Forward } from '#/http/forwarder.ts';
import { foreignDoors, openProtocols } from '#/http/protocol-doors.ts';
import { openHttpServer } from '#/http/server.ts';
import { httpSettings, type HttpSettings } from '#/http/settings.ts';
import { wires } from '#/http/wires.ts';
import type { Identity } from '#/identity/identity.ts';
import { openIdentity } from '#/identity/open-identity.ts';
import { refuseUnprovable } from '#/identity/refuse-unprovable.ts';
import { refuseUnprotected } from '#/identity/refuse-unprotected.ts';
import type { LocalDoor } from '#/local-transport.ts';
import { openObserver } from '#/observe.ts';
import { parseBases, resolveByDns, type Resolve } from '#/peers/addresses.ts';
import { announcements } from '#/peers/announcements.ts';
import { connectDiscovered, connectLocal, connectRemote, type Connection } from '#/peers/connect.ts';
import type { AnyService, Check, Clock, Running } from '#/service.ts';
import type { Facilities } from '#/state/facilities.ts';
import { openKept } from '#/state/open-kept.ts';
import { needsOf, neighboursOf, startOrder } from '#/topology.ts';

/** How long a service goes on serving after it has withdrawn from discovery, so that all who know it have heard of it. */
const LEAVE_MS = 250;

export interface HostOptions {
  readonly services: readonly AnyService[];
  /** URLs of neighbours elsewhere by contract name, several separated by commas. A peer that is named wins over one that is co-hosted. */
  readonly peers?: Readonly<Record<string, string>>;
  /** The ports on which those answer over gRPC, in the order of their URLs; the last counts for all that follow. Default: the contract's own. */
  readonly grpcPeers?: Readonly<Record<string, readonly number[]>>;
  /** Ports by contract name; 0 takes a free one. Default: the contract's own. */
  readonly ports?: Readonly<Record<string, number>>;
  /** The same for gRPC, where a contract declares some. Default: a free one where the other is. */
  readonly grpcPorts?: Readonly<Record<string, number>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly version: string;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly resolve?: Resolve;
  /** Where services keep their data, and how they find each other. */
  readonly facilities?: Facilities;
}

type Resolved = Required<HostOptions> & { readonly settings: HttpSettings; readonly identity: Identity };

type Connections = Readonly<Record<string, Connection<Contract>>>;

// oxlint-disable-next-line typescript/no-explicit-any -- services of all kinds; each was checked where it was defined
type AnyRunning = Running<any, any, any, any>;

/** Services running in this process, each on its own port. */
export class Host implements AsyncDisposable {
  readonly #doors = new Map<string, LocalDoor>();
  readonly #urls = new Map<string, string>();
  readonly #grpcUrls = new Map<string, string>();
  readonly #stack = new AsyncDisposableStack();
  readonly #begin: (() => Promise<void>)[] = [];
  #draining = false;
  #started = false;

  /** Starts services behind what they need. When one cannot start, those already started are ended and its error is thrown. */
  static async start(options: HostOptions): Promise<Host> {
    const env = options.env ?? {};
    const settings = readConfig('http', httpSettings, env);
    refuseUnprotected(settings.listen, env);
    const defaults = {
      peers: {},
      grpcPeers: {},
      ports: {},
      grpcPorts: {},
      clock: systemClock,
      random: Math.random,
      resolve: resolveByDns,
      facilities: {},
      ...options,
      env,
      settings,
    };
    const host = new Host();
    try {
      const { services, clock, logger } = defaults;
      const identity = host.#stack.use(await openIdentity({ env, services, listen: settings.listen, clock, log: logger }));
      const resolved: Resolved = { ...defaults, identity };
      for (const service of startOrder(options.services)) await host.#add(service, resolved);
      for (const begin of host.#begin) await begin();
      host.#started = true;
      await host.#announce(resolved);
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
    return host;
  }

  /** Where a service listens. */
  url(name: string): string {
    const url = this.#urls.get(name);
    if (url === undefined) throw new Error(`${name} is not hosted here.`);
    return url;
  }

  /** Where services answer over gRPC. */
  get grpcUrls(): ReadonlyMap<string, string> {
    return this.#grpcUrls;
  }

  get urls(): ReadonlyMap<string, string> {
    return this.#urls;
  }

  async #add(service: AnyService, options: Resolved): Promise<void> {
    const contract = service.contract as Contract;
    const { env, version, logger, clock, random, settings, identity, facilities } = options;
    const config = readConfig(contract.name, service.config, env, contract.grpc === undefined ? ['PORT'] : ['PORT', 'GRPC_PORT']);
    const telemetry = this.#stack.use(await openTelemetry({ service: contract.name, version, logger, env }));
    const connections = await this.#connect(service, telemetry, options);
    const kept = this.#stack.use(await openKept(service, facilities, { name: contract.name, telemetry, clock, random }));
    const checks = (): readonly Check[] => [this.#lifecycle(), ...kept.checks(), ...(running.checks?.() ?? [])];
    const running: AnyRunning = await service.start({
      config,
      clients: mapValues(connections, (connection) => connection.client),
      peers: mapValues(connections, (connection) => connection.peer),
      ...kept.context,
      log: telemetry.log,
      metrics: telemetry.metrics,
      clock,
      random,
      isReady: () => this.#started && checks().every(({ ok, required }) => ok || !required),
    } as Parameters<AnyService['start']>[0]);
    this.#stack.defer(async () => running[Symbol.asyncDispose]?.());

    const served = { ...contract, operations: { ...contract.operations, ...kept.added.operations } };
    const endpoints = openEndpoints(served, wires[contract.wire], { ...running.handlers, ...kept.added.handlers }, running.beside);
    const protocols = openProtocols(contract, running.protocols);
    const observer = openObserver(telemetry);
    const door = {
      endpoints: new Map(endpoints.map((endpoint) => [endpoint.name, endpoint])),
      foreign: foreignDoors(protocols, endpoints),
      tracer: telemetry.tracer,
      observer,
      open: true,
      route: undefined as LocalDoor['route'],
    };
    this.#doors.set(contract.name, door);
    this.#stack.defer(() => void (door.open = false));
    const common = {
      contract: served,
      telemetry,
      observer,
      checks,
      admit: running.admit,
      settings,
      identity,
    };
    const server = await openHttpServer({
      ...common,
      version,
      doors: endpoints,
      protocols,
      forward: forwarderOf(service, connections, { observer, telemetry, admit: running.admit }),
      port: options.ports[contract.name] ?? contract.port,
    });
    this.#stack.use(server);
    door.route = server.route;
    this.#urls.set(contract.name, server.url);
    if (contract.grpc !== undefined && running.grpc !== undefined) {
      const port = options.grpcPorts[contract.name] ?? (options.ports[contract.name] === 0 ? 0 : contract.grpc.port);
      const grpc = this.#stack.use(await openGrpcServer({ ...common, open: running.grpc, port }));
      this.#grpcUrls.set(contract.name, grpc.url);
    }
    this.#stack.defer(() => kept.stop());
    this.#begin.push(() => kept.begin(running));
  }

  /** Makes all services known together, once all of them serve; they withdraw before anything of them ends. */
  async #announce({ facilities: { discovery }, clock, settings }: Resolved): Promise<void> {
    if (discovery === undefined) return;
    this.#stack.defer(() => new Promise((resolve) => clock.schedule(LEAVE_MS, resolve)));
    for (const [name, url] of announcements(this.#urls, this.#grpcUrls, settings)) this.#stack.use(await discovery.announce(name, url));
  }

  async #connect(service: AnyService, telemetry: Telemetry, options: Resolved): Promise<Connections> {
    const caller = service.contract.name as string;
    const { tracer, log } = telemetry;
    const connections: Record<string, Connection<Contract>> = {};
    for (const contract of neighboursOf(service)) {
      const urls = options.peers[contract.name];
      const door = this.#doors.get(contract.name);
      const { identity, facilities } = options;
      const { discovery } = facilities;
      if (urls !== undefined) {
        const bases = parseBases(
          `The peer ${contract.name}`,
          urls,
          Object.values(contract.operations).map(({ path }) => path),
        );
        const { resolve, clock, grpcPeers } = options;
        const grpcPorts = grpcPeers[contract.name];
        refuseUnprovable(contract.name, bases, identity);
        connections[contract.name] = this.#stack.use(
          await connectRemote({ contract, bases, grpcPorts, resolve, clock, log, identity, caller, tracer }),
        );
      } else if (door !== undefined) {
        const grpcUrl = (): string | undefined => this.#grpcUrls.get(contract.name);
        connections[contract.name] = this.#stack.use(connectLocal({ contract, door, grpcUrl, identity, caller, tracer }));
      } else if (discovery !== undefined) {
        connections[contract.name] = this.#stack.use(await connectDiscovered({ contract, discovery, identity, caller, tracer }));
      } else if (needsOf(service).includes(contract)) {
        throw new Error(
          `${caller} needs ${contract.name}: host it in the same process, or say where it is with --peer ${contract.name}=URL.`,
        );
      }
    }
    return connections;
  }

  #lifecycle(): Check {
    const detail = this.#draining ? 'is shutting down' : this.#started ? 'has started' : 'is starting';
    return { name: 'lifecycle', ok: this.#started && !this.#draining, required: true, detail };
  }

  /** Drains in the reverse order of the start: first those that call, then those that are called. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true;
    await this.#stack.disposeAsync();
  }
}

type Forwards = Pick<Parameters<typeof openForwarder>[0], 'observer' | 'admit'> & { readonly telemetry: Telemetry };

function forwarderOf(service: AnyService, connections: Connections, { observer, admit, telemetry }: Forwards): Forward | undefined {
  const { forwards, contract } = service;
  if (forwards === undefined) return undefined;
  const { name: by, wire, protocols = {} } = contract as Contract;
  const ownRoots = new Set(Object.values(protocols).map(({ root }) => root as string));
  const { tracer, log } = telemetry;
  const ways = mapValues(connections, ({ forward }) => forward);
  return openForwarder({ by, ownRoots, contracts: forwards, ways, wire: wires[wire], tracer, observer, log, admit });
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
