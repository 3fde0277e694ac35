import { Type } from '@mlab/schema';
import { openLog, plainTracer, type Logger } from '@mlab/telemetry';
import { createClient } from '#/client.ts';
import { schema, type ClientOf, type Contract, type HandlersOf } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import { Host, type HostOptions } from '#/host.ts';
import { openHttpTransport } from '#/http/transport.ts';
import type { AnyService, ServiceDefinition } from '#/service.ts';

const nothing = schema(Type.Object({}));

/** A stand-in for a neighbour: typed by its contract, hosted and validated like the real one, so it cannot lie about it. */
export function fake<C extends Contract>(contract: C, handlers: Partial<HandlersOf<C>>): AnyService {
  const unscripted = (name: string) => (): never => {
    throw new AppError('unavailable', `The ${contract.name} fake has no ${name}.`);
  };
  const all = Object.keys(contract.operations).map((name) => [name, handlers[name] ?? unscripted(name)]);
  // Whoever speaks a foreign protocol to it wants the real one.
  const { protocols: _, grpc: __, ...plain } = contract as Contract;
  return { contract: plain, needs: {}, config: nothing, start: () => ({ handlers: Object.fromEntries(all) as HandlersOf<Contract> }) };
}

export interface TestApp<C extends Contract> extends AsyncDisposable {
  readonly client: ClientOf<C>;
  readonly url: string;
  /** Where it answers over gRPC; empty where it does not. */
  readonly grpcUrl: string;
  readonly host: Host;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a service with whatever it needs, keeps and is set to
type ServiceOf<C extends Contract> = ServiceDefinition<C, any, any, any, any, any, any, any, any>;

export interface TestOptions extends Partial<Omit<HostOptions, 'services' | 'ports' | 'grpcPorts'>> {
  /** Services in the same process that it may need. */
  readonly neighbours?: readonly AnyService[];
}

/** Boots a service on a free port with the given neighbours; the client speaks to it over real HTTP. */
export async function startTest<C extends Contract>(service: ServiceOf<C>, options: TestOptions = {}): Promise<TestApp<C>> {
  const { neighbours = [], ...rest } = options;
  const services = [...neighbours, service];
  const ports = Object.fromEntries(services.map(({ contract }) => [contract.name as string, 0]));
  const host = await Host.start({ logger: silent(), version: '0.0.0', ...rest, services, ports, grpcPorts: ports });
  const url = host.url(service.contract.name);
  const transport = openHttpTransport(service.contract, { base: new URL(url) });
  return {
    client: createClient(service.contract, transport.call, 'test', plainTracer),
    url,
    grpcUrl: host.grpcUrls.get(service.contract.name) ?? '',
    host,
    [Symbol.asyncDispose]: async () => {
      await transport[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

function silent(): Logger {
  return openLog({ level: 'silent' }).logger;
}
