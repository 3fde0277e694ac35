import { Counter, DurationHistogram, Gauge, type Metrics } from '@mlab/telemetry';

export interface InputLogGauges {
  readonly waiting: () => { readonly inputs: number; readonly bytes: number };
  readonly spool: () => { readonly records: number; readonly bytes: number };
  readonly away: () => boolean;
}

export interface InputLogTelemetry {
  readonly wrote: (target: 'database' | 'spool', inputs: number, ms: number) => void;
  readonly refused: (reason: 'full' | 'away') => void;
  readonly deleted: (reason: 'age' | 'size', inputs: number) => void;
}

/** What the durable log does, in `/metrics`. The histogram's count is the number of batches. */
export function observeInputLog({ registry }: Metrics, read: () => InputLogGauges): InputLogTelemetry {
  const registers = [registry];
  const committed = new Counter({
    name: 'mlab_input_log_committed_total',
    help: 'Inputs committed, to the database or to the spool; one whose prediction came late counts twice.',
    labelNames: ['target'],
    registers,
  });
  const durations = new DurationHistogram({
    name: 'mlab_input_log_commit_duration_seconds',
    help: 'Time that the commit of a batch took. Its _count is the number of batches.',
    registry,
  });
  const times = { database: durations.labelled({ target: 'database' }), spool: durations.labelled({ target: 'spool' }) };
  const refused = new Counter({
    name: 'mlab_input_log_refused_total',
    help: 'Inputs answered 503 because they could not be kept.',
    labelNames: ['reason'],
    registers,
  });
  const deleted = new Counter({
    name: 'mlab_input_log_deleted_total',
    help: 'Inputs deleted by retention.',
    labelNames: ['reason'],
    registers,
  });
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('mlab_input_log_waiting', 'Inputs under way: taken in and not answered yet.', () => read().waiting().inputs);
  gauge('mlab_input_log_waiting_bytes', 'Memory of the inputs under way.', () => read().waiting().bytes);
  gauge('mlab_input_log_spool_records', 'Records in the spool that wait for the database.', () => read().spool().records);
  gauge('mlab_input_log_spool_bytes', 'Size of the spool.', () => read().spool().bytes);
  gauge('mlab_input_log_database_away', '1 while the database cannot be used.', () => Number(read().away()));
  return {
    wrote: (target, inputs, ms) => {
      committed.inc({ target }, inputs);
      times[target].observe(ms / 1000);
    },
    refused: (reason) => refused.inc({ reason }),
    deleted: (reason, inputs) => deleted.inc({ reason }, inputs),
  };
}
