import { AppError } from '@mlab/kernel';
import { Counter, DurationHistogram, Gauge, type Durations, type Metrics } from '@mlab/telemetry';
import { isCollision } from '#/failures.ts';
import type { ConnectionCounts } from '#/pool.ts';
import type { Observe } from '#/queryable.ts';

export interface StatementMetrics extends Disposable {
  readonly observe: Observe;
  readonly onRetry: () => void;
}

const CONNECTIONS = 'mlab_database_connections';
const WAITING = 'mlab_database_waiting_calls';
const DURATION = 'mlab_database_statement_duration_seconds';
const RETRIES = 'mlab_database_transaction_retries_total';

/** Counts what one service asks of its database. */
export function openStatementMetrics({ registry }: Metrics, counts: () => ConnectionCounts): StatementMetrics {
  new Gauge({
    name: CONNECTIONS,
    help: 'Connections of the service to its database.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { open, idle } = counts();
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'busy' }, open - idle);
    },
  });
  new Gauge({
    name: WAITING,
    help: 'Calls that wait for a connection to the database.',
    registers: [registry],
    collect() {
      this.set(counts().waiting);
    },
  });
  const retries = new Counter({
    name: RETRIES,
    help: 'Transactions that were done again, because they had collided with others.',
    registers: [registry],
  });
  const durations = new DurationHistogram({
    name: DURATION,
    help: 'Time from asking for a statement to its result, with the wait for a connection. The outcome is ok, collision, or the code of an error.',
    registry,
  });
  const byOutcome = new Map<string, Durations>();
  function of(outcome: string): Durations {
    let found = byOutcome.get(outcome);
    if (found === undefined) byOutcome.set(outcome, (found = durations.labelled({ outcome })));
    return found;
  }
  return {
    observe: (started, error) => {
      const outcome = error === undefined ? 'ok' : isCollision(error) ? 'collision' : AppError.from(error).code;
      of(outcome).observe((performance.now() - started) / 1000);
    },
    onRetry: () => retries.inc(),
    [Symbol.dispose]: () => {
      for (const name of [CONNECTIONS, WAITING, DURATION, RETRIES]) registry.removeSingleMetric(name);
    },
  };
}
