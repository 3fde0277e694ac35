import { Counter, Gauge, type Logger, type Metrics } from '@mlab/telemetry';
import type { UpstreamEvent } from '#/domain/upstream-event.ts';
import type { UpstreamSnapshot } from '#/domain/upstream.ts';

const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;

/** Every state and every change of the upstream, in the log and in `/metrics`. */
export function observeUpstream(log: Logger, { registry }: Metrics, snapshot: () => UpstreamSnapshot): (event: UpstreamEvent) => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (now: UpstreamSnapshot) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(snapshot()));
      },
    });
  };
  const perInstance = (name: string, help: string, read: (instance: UpstreamSnapshot['instances'][number]) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      labelNames: ['instance'],
      collect() {
        this.reset();
        for (const instance of snapshot().instances) this.set({ instance: instance.id }, read(instance));
      },
    });
  };
  gauge('mlab_upstream_in_flight', 'Calls to Service B under way.', (now) => now.inFlight);
  gauge('mlab_upstream_queued', 'Calls that wait for a place.', (now) => now.queued);
  gauge('mlab_upstream_retry_tokens', 'Retries that may be begun at once.', (now) => now.retryTokens);
  perInstance('mlab_upstream_instance_in_flight', 'Calls to an instance under way.', (instance) => instance.inFlight);
  perInstance(
    'mlab_upstream_instance_latency_seconds',
    'Peak-sensitive average latency of an instance.',
    (instance) => instance.latencyMs / 1000,
  );
  perInstance(
    'mlab_upstream_instance_failure_rate',
    'Share of failed calls in the window of the breaker.',
    (instance) => instance.failureRate,
  );
  perInstance('mlab_upstream_instance_ejected', '1 while an instance is ejected as an outlier.', (instance) => Number(instance.ejected));
  perInstance('mlab_upstream_breaker_state', '0 closed, 1 half open, 2 open.', (instance) => BREAKER_STATES.indexOf(instance.breaker));

  const events = new Counter({
    name: 'mlab_upstream_events_total',
    help: 'Changes of breakers (to closed, half_open, open), ejections, returns, retries, refused retries and calls that were shed, by reason.',
    labelNames: ['event', 'reason'],
    registers,
  });
  return (event) => {
    const { type, ...about } = event;
    events.inc({ event: type, reason: reasonOf(event) });
    // One line per shed call would make an overload worse; the request's own line tells of it.
    if (type === 'shed' || type === 'retry' || type === 'retry_denied') log.debug(about, `upstream ${type}`);
    else if (type === 'ejected' || (type === 'breaker' && event.to === 'open')) log.warn(about, `upstream ${type}`);
    else log.info(about, `upstream ${type}`);
  };
}

function reasonOf(event: UpstreamEvent): string {
  switch (event.type) {
    case 'breaker':
      return event.to;
    case 'ejected':
    case 'retry_denied':
    case 'shed':
      return event.reason;
    case 'retry':
      return event.failure;
    default:
      return '';
  }
}

export function countFallbacks({ registry }: Metrics): () => void {
  const fallbacks = new Counter({
    name: 'mlab_fallbacks_total',
    help: 'Answers that were given in place of a prediction.',
    registers: [registry],
  });
  return () => fallbacks.inc();
}
