import type { Contract } from '#/contract.ts';
import type { AnyService } from '#/service.ts';

/** All whose doors it looks for: those it calls, and those it hands requests on to. */
export const neighboursOf = (service: AnyService): readonly Contract[] => [
  ...new Map([...callsOf(service), ...(service.forwards ?? [])].map((contract) => [contract.name, contract])).values(),
];

/** Those it calls, be it that it needs them or only wants them. */
export const callsOf = (service: AnyService): readonly Contract[] => [
  ...needsOf(service),
  ...Object.values((service.wants ?? {}) as Record<string, Contract>),
];

/** Whether it tells, hears or takes anything over the bus. */
export const exchangesMessages = ({ contract, consumes, hears }: AnyService): boolean => {
  const { events, queues } = contract as Contract;
  return [events, queues, consumes, hears].some((declared) => declared !== undefined);
};

export const needsOf = (service: AnyService): readonly Contract[] => Object.values(service.needs as Record<string, Contract>);

/** Services in the order in which they can start: each behind all that it needs or forwards to. Throws a sentence when they need each other in a circle. */
export function startOrder(services: readonly AnyService[]): readonly AnyService[] {
  const byName = new Map(services.map((service) => [service.contract.name as string, service]));
  const order = new Set<AnyService>();
  const visit = (service: AnyService, path: readonly string[]): void => {
    const name = service.contract.name as string;
    if (path.includes(name)) throw new Error(`Services call each other in a circle: ${[...path, name].join(' → ')}.`);
    if (order.has(service)) return;
    for (const needed of neighboursOf(service)) {
      const neighbour = byName.get(needed.name);
      if (neighbour !== undefined) visit(neighbour, [...path, name]);
    }
    order.add(service);
  };
  for (const service of services) visit(service, []);
  return [...order];
}
