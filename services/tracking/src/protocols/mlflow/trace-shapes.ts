import type { Assessment } from '#/domain/traces/assessment.ts';
import type { TraceInfo } from '#/domain/traces/trace.ts';
import { assessmentShape } from './assessment-messages.ts';
import { unlessEmpty } from './shapes.ts';
import { durationText, timestampText } from './trace-times.ts';

/** `TraceInfoV3`. */
export const traceInfoShape = (trace: TraceInfo) => ({
  trace_id: trace.id,
  client_request_id: trace.clientRequestId,
  trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: trace.experimentId } },
  request_preview: trace.requestPreview,
  response_preview: trace.responsePreview,
  request_time: timestampText(trace.startMs),
  execution_duration: trace.durationMs === undefined ? undefined : durationText(trace.durationMs),
  state: trace.state,
  trace_metadata: trace.metadata,
  tags: trace.tags,
  assessments: unlessEmpty(trace.assessments.map((assessment: Assessment) => assessmentShape(assessment))),
});

/** `TraceInfo`, of clients before MLflow 3. */
export const olderTraceInfoShape = ({ id, experimentId, startMs, durationMs, state, metadata, tags }: TraceInfo) => ({
  request_id: id,
  experiment_id: experimentId,
  timestamp_ms: startMs,
  execution_time_ms: durationMs,
  status: state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : state,
  request_metadata: unlessEmpty(entriesOf(metadata)),
  tags: unlessEmpty(entriesOf(tags)),
});

const entriesOf = (texts: Readonly<Record<string, string>>) => Object.entries(texts).map(([key, value]) => ({ key, value }));
