import { download } from '@mlab/kernel';
import { Type } from '@mlab/schema';

export const liveMetrics = download('GET /runs/:id/metrics/live', {
  summary: 'Hear the values of the metrics of a run as they are committed',
  description:
    'Server-sent events. `latest`: the run, and the latest value of each of its metrics. `metrics`: values that were committed since, whichever instance of the service has taken them; after a break one may come twice. `missed`: so many values were left out, because they came faster than they were read; `latest` follows. `end`: the run has ended, and nothing more comes. Whoever comes again with the id of the last event gets what was committed since. Lines that begin with a colon only show that the connection is alive.',
  scope: 'tracking:read',
  timeoutMs: 3_600_000,
  contentTypes: ['text/event-stream'],
  headers: { after: 'last-event-id' },
  input: Type.Object({
    id: Type.String({ description: 'Of the run' }),
    key: Type.Optional(Type.Array(Type.String(), { maxItems: 100, description: 'Metrics, one `key=` each; absent: all' })),
    after: Type.Optional(Type.String({ maxLength: 8192, description: 'The id of the last event that was heard' })),
  }),
});
