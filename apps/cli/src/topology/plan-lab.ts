import { CliError } from '../cli-error.ts';
import { knownServices } from './known-services.ts';
import { select } from './select.ts';
import type { Topology, TopologyProcess } from './topology.ts';

/** What one supervisor is to run: a topology, with what the environment says about it. */
export interface LabPlan {
  readonly database: DatabasePlan;
  readonly processes: readonly ProcessPlan[];
  /** The address that all services listen on, where one is given. */
  readonly listen?: string;
}

export type DatabasePlan =
  | { readonly kind: 'none' }
  /** Somebody else's, in DATABASE_URL. */
  | { readonly kind: 'external' }
  /** `port` where the person has chosen one. */
  | { readonly kind: 'embedded'; readonly port?: number };

/** A process: the services in it, and the services of other processes that those call. */
export interface ProcessPlan {
  readonly name: string;
  readonly services: readonly ServicePlan[];
  readonly instances: number;
  readonly env: Readonly<Record<string, string>>;
  /** Where its neighbours are, for when there is no database through which they find each other. */
  readonly peers: readonly PeerPlan[];
  /** The processes with services that call one of its own. */
  readonly neededBy: readonly string[];
}

export interface PortPlan {
  /** Whose it is, for sentences. */
  readonly name: string;
  readonly port: number;
  /** The environment variable that chooses it. */
  readonly portVariable: string;
}

export interface ServicePlan extends PortPlan {
  /** Where it answers over gRPC besides. */
  readonly grpc?: PortPlan;
}

/** All ports that a service listens on. */
export const portsOf = (service: ServicePlan): readonly PortPlan[] => (service.grpc === undefined ? [service] : [service, service.grpc]);

interface PeerPlan {
  readonly service: string;
  readonly url: string;
}

const POSTGRES_PORT = 'MLAB_POSTGRES_PORT';
const WILDCARDS = ['0.0.0.0', '::', '[::]'];

/** The environment wins over the file where both say something: whoever sets a variable wants it now. */
export function planLab(topology: Topology, env: NodeJS.ProcessEnv, listen = env['MLAB_LISTEN']): LabPlan {
  const known = new Map(knownServices().map((service) => [service.name, service]));
  const places = topology.processes.map((process) => ({
    process,
    services: process.services.map((name) =>
      planService(name, { port: process.ports[name] ?? known.get(name)?.port ?? 0, grpc: known.get(name)?.grpcPort }, env),
    ),
  }));
  const services = places.flatMap((place) => place.services);
  refuseSharedPorts(services.flatMap(portsOf));
  const scheme = env['MLAB_IDENTITY'] === 'mtls' ? 'https' : 'http';
  const host = listen === undefined || listen === '' || WILDCARDS.includes(listen) ? '127.0.0.1' : listen;

  const needsOf = (process: TopologyProcess): string[] => [
    ...new Set(process.services.flatMap((name) => known.get(name)?.needs ?? []).filter((name) => !process.services.includes(name))),
  ];
  const processes = places.map(({ process, services: own }): ProcessPlan => ({
    name: process.name,
    services: own,
    instances: process.instances,
    env: process.env,
    peers: needsOf(process)
      .filter((name) => !isPlaced(name, { ...env, ...process.env }))
      .flatMap((name) => services.filter((service) => service.name === name))
      .map(({ name, port }) => ({ service: name, url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}` })),
    neededBy: topology.processes
      .filter((other) => other !== process && needsOf(other).some((name) => process.services.includes(name)))
      .map((other) => other.name),
  }));
  const plan = { database: planDatabase(topology, env), processes, ...(listen ? { listen } : {}) };
  for (const process of processes) {
    const problem = process.instances > 1 ? scaleProblem(plan, process) : undefined;
    if (problem !== undefined) throw new CliError(`${topology.source}: ${problem}`);
  }
  return plan;
}

/** The processes that were asked for, by their own names, those of their services or those of instances; all when none is named. */
export function chosenNames(plan: LabPlan, names: readonly string[]): string[] {
  const targets = plan.processes.map(({ name, services, instances }) => ({
    name,
    services: services.map((service) => service.name),
    instances: Array.from({ length: instances }, (_, index) => (index === 0 ? name : `${name}.${index + 1}`)),
  }));
  const database = plan.database.kind === 'embedded' ? [{ name: 'postgres', services: [], instances: ['postgres'] }] : [];
  return select([...database, ...targets], names).map(({ target, instance }) => instance ?? target.name);
}

/** Why more than one instance of a process would be of no use. */
export function scaleProblem(plan: LabPlan, { name, neededBy }: ProcessPlan): string | undefined {
  if (plan.database.kind !== 'none' || neededBy.length === 0) return undefined;
  return `${neededBy.join(' and ')} would not find a second ${name}: instances find each other through a database, and this topology has none. Take one with a database, set DATABASE_URL, or start the instances elsewhere and list their URLs in ${name === 'predictor' ? 'SERVICE_B_URL' : `MLAB_PEER_${variablePart(name)}`}.`;
}

function planDatabase({ database }: Topology, env: NodeJS.ProcessEnv): DatabasePlan {
  if (env['DATABASE_URL']) return { kind: 'external' };
  if (database === 'none') return { kind: 'none' };
  return env[POSTGRES_PORT] ? { kind: 'embedded', port: readPort(POSTGRES_PORT, env[POSTGRES_PORT]) } : { kind: 'embedded' };
}

interface UsualPorts {
  readonly port: number;
  readonly grpc: number | undefined;
}

function planService(name: string, usual: UsualPorts, env: NodeJS.ProcessEnv): ServicePlan {
  const plan = planPort(name, `MLAB_${variablePart(name)}_PORT`, usual.port, env);
  return usual.grpc === undefined
    ? plan
    : { ...plan, grpc: planPort(`${name} (gRPC)`, `MLAB_${variablePart(name)}_GRPC_PORT`, usual.grpc, env) };
}

function planPort(name: string, portVariable: string, usual: number, env: NodeJS.ProcessEnv): PortPlan {
  const text = env[portVariable];
  return { name, port: text ? readPort(portVariable, text) : usual, portVariable };
}

function readPort(variable: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new CliError(`${variable} is "${text}", which is not a port; give a number from 1 to 65535.`);
}

/** Whether the person says where a neighbour is. */
const isPlaced = (service: string, env: NodeJS.ProcessEnv): boolean =>
  Boolean(env[`MLAB_PEER_${variablePart(service)}`] || (service === 'predictor' && env['SERVICE_B_URL']));

const variablePart = (name: string): string => name.toUpperCase().replaceAll('-', '_');

function refuseSharedPorts(services: readonly PortPlan[]): void {
  for (const service of services) {
    const other = services.find((candidate) => candidate.port === service.port && candidate.name < service.name);
    if (other) {
      throw new CliError(
        `${other.name} and ${service.name} would both listen on port ${service.port}; give one of them another by ${other.portVariable} or ${service.portVariable}.`,
      );
    }
  }
}
