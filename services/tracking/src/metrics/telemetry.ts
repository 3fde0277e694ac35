import { Counter, DurationHistogram, type Metrics } from '@mlab/telemetry';

/** Counts what is written, so that one sees how many requests share a commit. */
export function observeWrites({ registry }: Metrics): (values: number, requests: number, ms: number) => void {
  const values = new Counter({
    name: 'mlab_tracking_metric_values_total',
    help: 'Values of metrics that were committed.',
    registers: [registry],
  });
  const requests = new Counter({
    name: 'mlab_tracking_metric_requests_total',
    help: 'Requests whose metrics were committed.',
    registers: [registry],
  });
  const durations = new DurationHistogram({
    name: 'mlab_tracking_metric_commit_seconds',
    help: 'Time of one commit of metrics. Its _count is the number of commits.',
    registry,
  }).labelled({});
  return (written, from, ms) => {
    values.inc(written);
    requests.inc(from);
    durations.observe(ms / 1000);
  };
}
