import type { Contract } from '#/contract.ts';
import type { AnyService } from '#/service.ts';

/** All whose doors it must find: those it calls, and those it hands requests on to. */
export const neighboursOf = (service: AnyService): readonly Contract[] => [
  ...new Map([...needsOf(service), ...(service.forwards ?? [])].map((contract) => [contract.name, contract])).values(),
];

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
