import { Counter, DurationHistogram, Gauge, openLines, type Durations, type Telemetry } from '@mlab/telemetry';
import type { Call } from '#/call.ts';
import type { Door } from '#/endpoint.ts';
import type { AppError } from '#/errors.ts';

export interface Served {
  readonly door: Pick<Door, 'name'>;
  readonly call: Call;
  /** On the clock of `performance.now()`. */
  readonly started: number;
  readonly status: number;
  readonly error: AppError | undefined;
  readonly transport: 'http' | 'local' | 'grpc';
  /** Of a download: how many it sent. */
  readonly bytes?: number | undefined;
}

/** Told of every request that was answered: writes its one log line, counts it, ends its span. */
export type Observe = (served: Served) => void;

export interface Observer {
  readonly observe: Observe;
  /** Counts a request as under way; `observe` ends it. */
  readonly begin: () => void;
  readonly underWay: () => number;
  /** A request that reached no operation: an unknown path, a page, HTTP that cannot be read. */
  readonly observeOther: (route: string, status: number, started: number) => void;
}

export function openObserver({ log, metrics }: Telemetry): Observer {
  const durations = new DurationHistogram({
    name: 'mlab_request_duration_seconds',
    help: 'Time from the arrival of a request to its answer. Its _count is the number of requests.',
    registry: metrics.registry,
  });
  const of = remember((operation, transport, status) => ({
    durations: durations.labelled({ operation, transport, status: String(status) }),
    fields: `"operation":${JSON.stringify(operation)},"status":${status}`,
  }));
  const writeLine = openLines(log, 'request');
  const sent = new Counter({
    name: 'mlab_download_bytes_total',
    help: 'Bytes sent by operations that answer with a download.',
    labelNames: ['operation'],
    registers: [metrics.registry],
  });
  let underWay = 0;
  new Gauge({
    name: 'mlab_requests_in_flight',
    help: 'Requests that have arrived and are not answered yet.',
    registers: [metrics.registry],
    collect() {
      this.set(underWay);
    },
  });
  return {
    begin: () => void underWay++,
    underWay: () => underWay,
    observe: ({ door, call, started, status, error, transport, bytes }) => {
      underWay--;
      const ms = performance.now() - started;
      const known = of(door.name, transport, status);
      known.durations.observe(ms / 1000);
      if (bytes !== undefined) sent.inc({ operation: door.name }, bytes);
      const rounded = Math.round(ms * 1000) / 1000;
      const { caller } = call;
      const { traceId } = call.trace;
      if (error === undefined) {
        const end = bytes === undefined ? '' : `,"bytes":${bytes}`;
        writeLine(`${known.fields},"ms":${rounded},"caller":${JSON.stringify(caller)},"trace_id":"${traceId}"${end}`);
      } else {
        const line = { operation: door.name, status, ms: rounded, caller, trace_id: traceId, bytes };
        // What is our own fault is told with its cause; what a client did wrong is told in a sentence.
        if (error.code === 'internal') log.error({ ...line, err: error.cause ?? error }, 'request');
        else log.info({ ...line, error: error.code, detail: error.message }, 'request');
      }
      call.trace.end({ 'http.response.status_code': status }, status >= 500 ? (error?.code ?? 'internal') : undefined);
    },
    observeOther: (route, status, started) => {
      of(route, 'http', status).durations.observe((performance.now() - started) / 1000);
    },
  };
}

/** What is the same for all requests of an operation that end alike. */
interface Known {
  readonly durations: Durations;
  /** The beginning of their log lines. */
  readonly fields: string;
}

type Find = (operation: string, transport: string, status: number) => Known;

/** Looks each combination up once. There are few: operations × transports × statuses. */
function remember(find: Find): Find {
  const all = new Map<string, Map<number, Known>>();
  return (operation, transport, status) => {
    const name = transport === 'http' ? operation : `${transport} ${operation}`;
    let byStatus = all.get(name);
    if (byStatus === undefined) all.set(name, (byStatus = new Map()));
    let known = byStatus.get(status);
    if (known === undefined) byStatus.set(status, (known = find(operation, transport, status)));
    return known;
  };
}
