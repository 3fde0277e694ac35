import { CliError, usageError } from './cli-error.ts';

/** A service as the topology knows it: where it listens, and what a person can try there. */
export interface ServicePlan {
  readonly name: string;
  readonly port: number;
  readonly portVariable: string;
  readonly tryIt: readonly Trial[];
}

export interface Trial {
  readonly path: string;
  readonly json?: object;
}

/** A process: the services in it, and the services of other processes that those call. */
export interface ProcessPlan {
  readonly name: string;
  readonly services: readonly ServicePlan[];
  readonly peers: readonly PeerPlan[];
}

interface PeerPlan {
  readonly service: string;
  readonly url: string;
}

interface ServiceEntry {
  readonly port: number;
  readonly tryIt: readonly Trial[];
}

const SERVICES: Readonly<Record<string, ServiceEntry>> = {
  predictor: { port: 8001, tryIt: [{ path: '/predict', json: { input: 'test input' } }] },
  gateway: { port: 8000, tryIt: [{ path: '/process', json: { data: 'Hello, lab' } }, { path: '/health' }] },
};

interface ProcessEntry {
  readonly name: string;
  readonly services: readonly string[];
  /** Who is called, and the variable by which the person places it elsewhere. */
  readonly peers: readonly { readonly service: string; readonly placedBy: string }[];
}

/** In the order in which they start: whoever is needed comes first. */
const PROCESSES: readonly ProcessEntry[] = [
  { name: 'predictor', services: ['predictor'], peers: [] },
  { name: 'gateway', services: ['gateway'], peers: [{ service: 'predictor', placedBy: 'SERVICE_B_URL' }] },
];

export function readTopology(env: NodeJS.ProcessEnv): ProcessPlan[] {
  const services = Object.fromEntries(Object.entries(SERVICES).map(([name, entry]) => [name, planService(name, entry, env)]));
  refuseSharedPorts(Object.values(services));
  const named = (name: string): ServicePlan => {
    const plan = services[name];
    if (!plan) throw new CliError(`The topology names a service "${name}" that is not described.`);
    return plan;
  };
  return PROCESSES.map((entry) => ({
    name: entry.name,
    services: entry.services.map(named),
    peers: entry.peers
      .filter(({ placedBy }) => !env[placedBy])
      .map(({ service }) => ({ service, url: `http://127.0.0.1:${named(service).port}` })),
  }));
}

/** The processes that were asked for, by their own name or by that of a service in them; all when none is named. */
export function selectProcesses(plans: readonly ProcessPlan[], names: readonly string[]): ProcessPlan[] {
  const known = (plan: ProcessPlan, name: string): boolean => plan.name === name || plan.services.some((service) => service.name === name);
  for (const name of names) {
    if (!plans.some((plan) => known(plan, name))) {
      throw usageError(
        `There is no service "${name}"; there are ${plans.flatMap((plan) => plan.services.map((service) => service.name)).join(', ')}.`,
      );
    }
  }
  return plans.filter((plan) => names.length === 0 || names.some((name) => known(plan, name)));
}

function planService(name: string, entry: ServiceEntry, env: NodeJS.ProcessEnv): ServicePlan {
  const portVariable = `MLAB_${name.toUpperCase().replaceAll('-', '_')}_PORT`;
  const text = env[portVariable];
  const port = text ? Number(text) : entry.port;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new CliError(`${portVariable} is "${text}", which is not a port; give a number from 1 to 65535.`);
  }
  return { name, port, portVariable, tryIt: entry.tryIt };
}

function refuseSharedPorts(services: readonly ServicePlan[]): void {
  for (const service of services) {
    const other = services.find((candidate) => candidate.port === service.port && candidate.name < service.name);
    if (other) {
      throw new CliError(
        `${other.name} and ${service.name} would both listen on port ${service.port}; give one of them another by ${other.portVariable} or ${service.portVariable}.`,
      );
    }
  }
}
