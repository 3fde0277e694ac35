import type { olderTraceRoutes, traceRoutes } from '@mlab/contracts/mlflow-traces';
import type { Clock, Database, RouteHandlers } from '@mlab/kernel';
import type { Artifacts } from '#/artifacts/artifacts.ts';
import { otlpHandlers } from '#/protocols/otlp.ts';
import { openAssessments } from '#/traces/assessments.ts';
import { openSpanIntake } from '#/traces/span-intake.ts';
import { openTraces } from '#/traces/traces.ts';
import { assessmentHandlers } from './assessments.ts';
import { olderTraceHandlers } from './older-traces.ts';
import { traceMetricHandlers } from './trace-metrics.ts';
import { traceHandlers } from './traces.ts';

export interface TraceProtocolOptions {
  readonly database: Database;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly nowMs: () => number;
  /** 32 hexadecimal characters that nobody has had. */
  readonly newId: () => string;
}

/** All that MLflow's clients and OpenTelemetry's exporters ask about traces. */
export function traceProtocol(options: TraceProtocolOptions): RouteHandlers<typeof traceRoutes & typeof olderTraceRoutes> {
  const { artifacts, nowMs } = options;
  const traces = openTraces(options);
  const newer = traceHandlers(traces, nowMs);
  return {
    ...newer,
    ...olderTraceHandlers({ traces, newer, artifacts }),
    ...assessmentHandlers(openAssessments(options), nowMs),
    ...traceMetricHandlers(traces),
    ...otlpHandlers(openSpanIntake(options)),
  };
}
