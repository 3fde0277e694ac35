import { Gauge, type Metrics } from '@mlab/telemetry';
import type { LiveMetrics } from './live-metrics.ts';

/** How many listen, and to how many runs. */
export function observeListeners({ registry }: Metrics, counts: LiveMetrics['counts']): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('mlab_tracking_live_listeners', 'Those who listen to runs.', () => counts().listeners);
  gauge(
    'mlab_tracking_live_runs',
    'Runs that somebody listens to: for each of them the database is asked now and then.',
    () => counts().runs,
  );
}
