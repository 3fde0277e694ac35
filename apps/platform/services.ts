import type { AnyService } from '@mlab/kernel';

/** How each service is loaded. This is the only file that imports services, and a process loads only those that it hosts. */
export const services: Readonly<Record<string, () => Promise<{ readonly service: AnyService }>>> = {
  gateway: () => import('@mlab/service-gateway'),
  monitoring: () => import('@mlab/service-monitoring'),
  predictor: () => import('@mlab/service-predictor'),
  registry: () => import('@mlab/service-registry'),
  tracking: () => import('@mlab/service-tracking'),
  training: () => import('@mlab/service-training'),
};

/** The named services, or all of them, by their names. */
export async function loadServices(names: readonly string[] = Object.keys(services)): Promise<Readonly<Record<string, AnyService>>> {
  const loaded = names.map(async (name) => [name, (await services[name]?.())?.service] as const);
  return Object.fromEntries((await Promise.all(loaded)).flatMap(([name, service]) => (service === undefined ? [] : [[name, service]])));
}
