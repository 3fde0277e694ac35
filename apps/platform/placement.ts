import { parseArgs } from 'node:util';
import { neighboursOf, refuseUnprotected, variableOf, type AnyService, type Contract } from '@mlab/kernel';
import { loadServices, services as allServices } from './services.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Which services run in this process, on which ports, and where their neighbours are. */
export interface Placement {
  readonly services: readonly AnyService[];
  readonly ports: Readonly<Record<string, number>>;
  readonly grpcPorts: Readonly<Record<string, number>>;
  readonly grpcPeers: Readonly<Record<string, readonly number[]>>;
  readonly peers: Readonly<Record<string, string>>;
  /** The environment with what the command line says about listening. */
  readonly env: Env;
}

const OPTIONS = {
  target: { type: 'string', default: 'all' },
  port: { type: 'string', multiple: true, default: [] as string[] },
  peer: { type: 'string', multiple: true, default: [] as string[] },
  listen: { type: 'string' },
} as const;

/** Behind the name of a service: its port for gRPC. */
const GRPC = '/grpc';

/**
 * Reads the command line and the environment; the command line wins.
 *   --target=gateway,predictor   services of this process, or "all"
 *   --port gateway=9000          also MLAB_GATEWAY_PORT; 0 takes a free port
 *   --port predictor/grpc=9101   the same for gRPC, also MLAB_PREDICTOR_GRPC_PORT
 *   --peer predictor=URL[,URL]   also MLAB_PEER_PREDICTOR, and SERVICE_B_URL as the lab has always called it
 *                                MLAB_PEER_PREDICTOR_GRPC_PORT says on which port, or ports, those answer over gRPC
 *   --listen 127.0.0.1           also MLAB_LISTEN
 * Throws a sentence when they say something that cannot be.
 */
export async function readPlacement(args: readonly string[], env: Env): Promise<Placement> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const known = Object.keys(allServices);
  const names = values.target === 'all' ? known : values.target.split(',').filter((name) => name !== '');
  if (names.length === 0) throw new Error(`--target is empty; it takes "all" or some of ${known.join(', ')}.`);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Error(`--target has "${stranger}", which is no service; known are ${known.join(', ')}.`);
  const services = Object.values(await loadServices(names));
  const listen = values.listen ?? env['MLAB_LISTEN'] ?? '127.0.0.1';
  refuseUnprotected(listen, env);
  const withGrpc = services.flatMap(({ contract }) => (contract.grpc === undefined ? [] : [contract.name as string]));
  const all = Object.fromEntries([
    ...names.flatMap((name) => portOf(name, env[variableOf(name, 'port')], variableOf(name, 'port'))),
    ...withGrpc.flatMap((name) => portOf(name + GRPC, env[variableOf(name, 'grpc-port')], variableOf(name, 'grpc-port'))),
    ...values.port.flatMap((pair) => portOf(...split(pair, '--port'), '--port')),
  ]);
  const isGrpc = ([name]: readonly [string, number]): boolean => name.endsWith(GRPC);
  return {
    services,
    ports: Object.fromEntries(Object.entries(all).filter((port) => !isGrpc(port))),
    grpcPorts: Object.fromEntries(
      Object.entries(all)
        .filter(isGrpc)
        .map(([name, port]) => [name.slice(0, -GRPC.length), port]),
    ),
    grpcPeers: grpcPeersOf(services, env),
    peers: { ...peersOf(services, env), ...Object.fromEntries(values.peer.map((pair) => split(pair, '--peer'))) },
    env: { ...env, MLAB_LISTEN: listen },
  };
}

function peersOf(services: readonly AnyService[], env: Env): Record<string, string> {
  const hosted = new Set(services.map((service) => service.contract.name as string));
  const needed = new Map<string, Contract>(services.flatMap(neighboursOf).map((contract) => [contract.name, contract]));
  const peers: Record<string, string> = {};
  for (const [name, contract] of needed) {
    const told = env[variableOf('peer', name)] ?? (name === 'predictor' ? env['SERVICE_B_URL'] : undefined);
    if (told !== undefined && told !== '') peers[name] = told;
    // With a database, services find each other through it.
    else if (!hosted.has(name) && !env['DATABASE_URL'])
      peers[name] = `${env['MLAB_IDENTITY'] === 'mtls' ? 'https' : 'http'}://localhost:${contract.port}`;
  }
  return peers;
}

/** Where neighbours answer over gRPC; with one environment for all, the port that is chosen for a service is also that of the neighbour. */
function grpcPeersOf(services: readonly AnyService[], env: Env): Record<string, readonly number[]> {
  const ports: Record<string, readonly number[]> = {};
  for (const { name, grpc } of services.flatMap(neighboursOf)) {
    if (grpc === undefined) continue;
    const variable = env[variableOf('peer', name, 'grpc-port')] ? variableOf('peer', name, 'grpc-port') : variableOf(name, 'grpc-port');
    const list = (env[variable] ?? '').split(/[\s,]+/).filter((part) => part !== '');
    if (list.length > 0) ports[name] = list.flatMap((part) => portOf(name, part, variable)).map(([, port]) => port);
  }
  return ports;
}

function split(pair: string, option: string): [string, string] {
  const at = pair.indexOf('=');
  if (at <= 0 || at === pair.length - 1) throw new Error(`${option} has "${pair}"; it takes name=value.`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function portOf(name: string, text: string | undefined, source: string): [string, number][] {
  if (text === undefined || text === '') return [];
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${source} is "${text}"; it takes a port from 0 to 65535.`);
  return [[name, port]];
}
