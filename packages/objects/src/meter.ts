import { AppError } from '@mlab/kernel';
import { Counter, DurationHistogram, type Metrics } from '@mlab/telemetry';

export interface Meter {
  /** Counts and times an operation by its outcome: `ok`, or the code of its error. */
  readonly time: <T>(operation: string, work: () => Promise<T>) => Promise<T>;
  readonly read: (bytes: number) => void;
  readonly wrote: (bytes: number) => void;
}

export function openMeter({ registry }: Metrics): Meter {
  const durations = new DurationHistogram({
    name: 'mlab_objects_operation_duration_seconds',
    help: 'Time of an operation on stored objects; of a get, until its first byte can be read. Its _count is their number.',
    registry,
  });
  const bytes = new Counter({
    name: 'mlab_objects_bytes_total',
    help: 'Bytes of objects that were read by and written for this service.',
    labelNames: ['direction'],
    registers: [registry],
  });
  return {
    read: (count) => bytes.inc({ direction: 'read' }, count),
    wrote: (count) => bytes.inc({ direction: 'written' }, count),
    time: async (operation, work) => {
      const started = performance.now();
      let outcome = 'ok';
      try {
        return await work();
      } catch (error) {
        outcome = AppError.from(error).code;
        throw error;
      } finally {
        durations.labelled({ operation, outcome }).observe((performance.now() - started) / 1000);
      }
    },
  };
}
