import type { Logger } from '#/log.ts';
import { openMetrics, type Metrics } from '#/metrics.ts';
import { readOtelSettings } from '#/otel-settings.ts';
import { plainTracer, type Tracer } from '#/trace.ts';

export { LEVELS, openLog, type Level, type Log, type Logger, type LogOptions } from '#/log.ts';
export { DurationHistogram, type Durations } from '#/duration-histogram.ts';
export { Counter, Gauge, type Metrics, type Registry } from '#/metrics.ts';
export { openLines, type WriteLine } from '#/line-writer.ts';
export { printable } from '#/printable.ts';
export { parseTraceparent, plainTracer, type Attributes, type Span, type TraceContext, type Tracer } from '#/trace.ts';

/** What one service logs, counts and traces with. */
export interface Telemetry extends AsyncDisposable {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
}

export interface TelemetryOptions {
  readonly service: string;
  readonly version: string;
  readonly logger: Logger;
  /** The environment, for the standard `OTEL_*` variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function openTelemetry({ service, version, logger, env }: TelemetryOptions): Promise<Telemetry> {
  const settings = readOtelSettings(env);
  const tracer = settings === undefined ? plainTracer : (await import('#/otel.ts')).openOtelTracer(service, version, settings);
  return {
    log: logger.child({ service }),
    metrics: openMetrics(),
    tracer,
    [Symbol.asyncDispose]: () => tracer[Symbol.asyncDispose](),
  };
}
