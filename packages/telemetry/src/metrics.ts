import { collectDefaultMetrics, Registry } from 'prom-client';

export { Counter, Gauge, type Registry } from 'prom-client';

/** Memory, CPU, event-loop delay, garbage collection: one set for the process, shown by each service that lives in it. */
let ofProcess: Registry | undefined;

function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

export interface Metrics {
  /** Where a service registers its own counters, gauges and histograms. */
  readonly registry: Registry;
  readonly contentType: string;
  /** Everything in the Prometheus text format. */
  expose(): Promise<string>;
}

export function openMetrics(): Metrics {
  const registry = new Registry();
  const shared = processRegistry();
  return {
    registry,
    contentType: registry.contentType,
    expose: async () => `${await registry.metrics()}\n${await shared.metrics()}`,
  };
}
