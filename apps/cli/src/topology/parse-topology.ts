import { CliError } from '../cli-error.ts';
import type { KnownService } from './known-services.ts';
import type { Topology, TopologyProcess } from './topology.ts';

const MOST_INSTANCES = 64;
/** Names under which the supervisor itself shows and logs something. */
const TAKEN_NAMES = ['postgres', 'supervisor'];
/** Said by other means, or by the supervisor. */
const NOT_FOR_ENV = /^(MLAB_HOME|MLAB_LOG_FILE|MLAB_.+_PORT)$/;

type Fields = Readonly<Record<string, unknown>>;

/** Makes a topology of what a file holds; throws a sentence that names the file, the place in it, what is expected and what is there. */
export function parseTopology(value: unknown, source: string, known: readonly KnownService[]): Topology {
  const refuse = (sentence: string): never => {
    throw new CliError(`${source}: ${sentence}`);
  };
  const fields = (what: unknown, where: string, names?: readonly string[]): Fields => {
    if (typeof what !== 'object' || what === null || Array.isArray(what)) return refuse(`${where} takes an object, and is ${shown(what)}.`);
    const unknown = names === undefined ? undefined : Object.keys(what).find((name) => !names.includes(name));
    if (unknown !== undefined) refuse(`${where} has a field "${unknown}"; it takes ${(names ?? []).join(', ')}.`);
    return what as Fields;
  };

  const { database, processes } = fields(value, 'a topology', ['$schema', 'database', 'processes']);
  if (database !== 'embedded' && database !== 'none') return refuse(`database takes "embedded" or "none", and is ${shown(database)}.`);

  const placed = new Map<string, string>();
  const place = (service: unknown, process: string): string => {
    const name = known.find((one) => one.name === service)?.name;
    if (name === undefined)
      return refuse(`the process ${process} has the service ${shown(service)}; there are ${known.map((one) => one.name).join(', ')}.`);
    const other = placed.get(name);
    if (other !== undefined) refuse(`${name} is in the process ${other} and again in ${process}; a service runs in one process.`);
    placed.set(name, process);
    return name;
  };

  const entries = Object.entries(fields(processes, 'processes')).map(([name, entry]) => {
    if (TAKEN_NAMES.includes(name)) refuse(`a process cannot be called ${name}; that name belongs to mlab.`);
    if (name !== '*' && !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
      refuse(`"${name}" is no name for a process; it takes lower-case words joined by dashes, or *.`);
    const { services, instances = 1, ports = {}, env = {} } = fields(entry, name, ['services', 'instances', 'ports', 'env']);
    if (name === '*' && services !== 'rest') refuse(`the services of * are "rest": it stands for one process for each of them.`);
    if (services !== 'rest' && (!Array.isArray(services) || services.length === 0))
      refuse(`the services of ${name} are a list of names or "rest", and not ${shown(services)}.`);
    if (typeof instances !== 'number' || !Number.isInteger(instances) || instances < 1 || instances > MOST_INSTANCES)
      refuse(`the instances of ${name} are a whole number from 1 to ${MOST_INSTANCES}, and not ${shown(instances)}.`);
    return {
      name,
      services: services === 'rest' ? 'rest' : (services as readonly unknown[]).map((service) => place(service, name)),
      instances: instances as number,
      ports: Object.entries(fields(ports, `the ports of ${name}`)),
      env: parseEnv(fields(env, `the env of ${name}`), name, refuse),
    } as const;
  });
  const takers = entries.filter(({ services }) => services === 'rest').map(({ name }) => name);
  if (takers.length > 1) refuse(`${takers.join(' and ')} both take the rest of the services; only one process can.`);
  if (entries.length === 0) refuse('there are no processes; name at least one.');

  const rest = known.map(({ name }) => name).filter((name) => !placed.has(name));
  const all = entries.flatMap((entry): TopologyProcess[] => {
    const groups =
      entry.name === '*'
        ? rest.map((service) => ({ name: service, services: [service] }))
        : [{ name: entry.name, services: entry.services === 'rest' ? rest : entry.services }];
    for (const [service, port] of entry.ports) {
      if (!groups.some(({ services }) => services.includes(service)))
        refuse(`the ports of ${entry.name} name ${service}, which is not in that process.`);
      if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
        refuse(`the port of ${service} is a whole number from 1 to 65535, and not ${shown(port)}.`);
    }
    const ports = Object.fromEntries(entry.ports) as Record<string, number>;
    // Where nothing is left for the rest, there is no process for it.
    return groups
      .filter(({ services }) => services.length > 0)
      .map((group) => ({ ...group, instances: entry.instances, env: entry.env, ports }));
  });
  for (const { name } of all) {
    const other = all.find((process) => process.name !== name && process.services.includes(name));
    if (other !== undefined)
      refuse(`a process is called ${name}, and the service ${name} runs in ${other.name}; give the process another name.`);
    if (all.filter((process) => process.name === name).length > 1) refuse(`two processes would be called ${name}.`);
  }
  return { source, database, processes: all };
}

function parseEnv(env: Fields, process: string, refuse: (sentence: string) => never): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      if (typeof value !== 'string') return refuse(`${name} in the env of ${process} is a text in quotes, and not ${shown(value)}.`);
      if (NOT_FOR_ENV.test(name))
        refuse(`${name} cannot be in the env of ${process}; ports have a field of their own, the rest is up to mlab.`);
      return [name, value];
    }),
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
