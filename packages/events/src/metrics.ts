import { Counter, DurationHistogram, Gauge, type Metrics } from '@mlab/telemetry';

export const OUTCOMES = ['done', 'retried', 'dead', 'refused', 'expired', 'interrupted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Backlog {
  readonly outboxDepth: number;
  readonly outboxAgeSeconds: number;
  readonly pending: ReadonlyMap<string, number>;
  readonly dead: ReadonlyMap<string, number>;
}

export interface EventMetrics {
  published(type: string): void;
  readonly relayed: (count: number) => void;
  received(consumer: string, count: number): void;
  handled(consumer: string, outcome: Outcome, ms: number): void;
  lag(entries: number): void;
  cutOff(): void;
}

/** `look` is asked when somebody scrapes; while the database is away the last values stay. */
export function openEventMetrics({ registry }: Metrics, look: () => Promise<Backlog>): EventMetrics {
  const registers = [registry];
  const published = new Counter({
    name: 'mlab_events_published_total',
    help: 'Events and messages whose transaction was committed.',
    labelNames: ['type'],
    registers,
  });
  const relayed = new Counter({ name: 'mlab_events_relayed_total', help: 'Entries brought from the outbox onto the bus.', registers });
  const received = new Counter({
    name: 'mlab_events_received_total',
    help: 'Entries brought from the bus into an inbox.',
    labelNames: ['consumer'],
    registers,
  });
  const handled = new DurationHistogram({
    name: 'mlab_event_handling_seconds',
    help: 'Time of one attempt, with its commit. Its _count is the number of attempts.',
    registry,
  });
  const lag = new Gauge({ name: 'mlab_events_intake_lag', help: 'Entries of the bus that the intake had still to look at.', registers });
  const cutOff = new Counter({
    name: 'mlab_events_cut_off_total',
    help: 'Times that the bus had dropped entries before they were read.',
    registers,
  });
  const age = new Gauge({ name: 'mlab_events_outbox_age_seconds', help: 'Age of the oldest entry of the outbox.', registers });
  const pending = new Gauge({
    name: 'mlab_events_pending',
    help: 'Messages in the inbox that wait or are being handled.',
    labelNames: ['consumer'],
    registers,
  });
  const dead = new Gauge({ name: 'mlab_events_dead_letters', help: 'Dead letters.', labelNames: ['consumer'], registers });
  new Gauge({
    name: 'mlab_events_outbox_depth',
    help: 'Entries that were published and are not on the bus yet.',
    registers,
    async collect() {
      const backlog = await look().catch(() => undefined);
      if (backlog === undefined) return;
      this.set(backlog.outboxDepth);
      age.set(backlog.outboxAgeSeconds);
      for (const [gauge, counts] of [
        [pending, backlog.pending],
        [dead, backlog.dead],
      ] as const) {
        gauge.reset();
        for (const [consumer, count] of counts) gauge.set({ consumer }, count);
      }
    },
  });
  return {
    published: (type) => published.inc({ type }),
    relayed: (count) => relayed.inc(count),
    received: (consumer, count) => received.inc({ consumer }, count),
    handled: (consumer, outcome, ms) => handled.labelled({ consumer, outcome }).observe(ms / 1000),
    lag: (entries) => lag.set(entries),
    cutOff: () => cutOff.inc(),
  };
}
