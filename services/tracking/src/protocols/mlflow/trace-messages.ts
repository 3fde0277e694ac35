import { bool, int64, invalidParameter, list, map, message, oneOf, text, type MessageOf } from '@mlab/mlflow';
import { TRACE_STATES, type TraceInfo } from '#/domain/traces/trace.ts';
import { AssessmentMessage, readAssessment } from './assessment-messages.ts';
import { readDuration, readTimestamp } from './trace-times.ts';

const Location = message({ mlflow_experiment: message({ experiment_id: text({ default: '' }) }) }, { required: true });

const InfoMessage = message({
  trace_id: text({ required: true }),
  client_request_id: text(),
  trace_location: Location,
  request_preview: text(),
  response_preview: text(),
  request_time: text({ default: '1970-01-01T00:00:00Z' }),
  execution_duration: text(),
  state: oneOf(TRACE_STATES, { first: 0, default: 'STATE_UNSPECIFIED' }),
  trace_metadata: map(text()),
  tags: map(text()),
  assessments: list(AssessmentMessage),
});

export const StartTrace = message({ trace: message({ trace_info: InfoMessage }) }, { required: true });
export const GetTrace = message({ trace_id: text({ required: true }), allow_partial: bool() }, { required: true });
export const BatchOfTraces = message(
  { trace_ids: list(text({ required: true }), { required: true }), experiment_ids: list(text()) },
  { required: true },
);
export const SearchTraces = message(
  {
    locations: list(Location, { required: true }),
    filter: text(),
    max_results: int64({ default: 100 }),
    order_by: list(text()),
    page_token: text(),
  },
  { required: true },
);
export const DeleteTraces = message(
  { experiment_id: text({ required: true }), max_timestamp_millis: int64(), max_traces: int64(), request_ids: list(text()) },
  { required: true },
);
export const SetTag = message({ key: text({ required: true }), value: text({ default: '' }) }, { required: true });
export const DeleteTag = message({ key: text({ required: true }) }, { required: true });
export const Correlation = message(
  {
    experiment_ids: list(text(), { required: true }),
    filter_string1: text({ required: true }),
    filter_string2: text({ required: true }),
    base_filter: text(),
  },
  { required: true },
);

/** What a client tells of a trace. Assessments that have no id yet are given one when they are kept. */
export function readTold({ trace }: MessageOf<typeof StartTrace>, nowMs: number): TraceInfo {
  const info = trace?.trace_info;
  if (info === undefined) throw missing('trace');
  const experimentId = info.trace_location?.mlflow_experiment?.experiment_id;
  if (experimentId === undefined || experimentId === '') throw missing('trace.trace_info.trace_location.mlflow_experiment.experiment_id');
  return {
    id: info.trace_id,
    experimentId,
    startMs: readTimestamp(info.request_time, 'request_time'),
    durationMs: info.execution_duration === undefined ? undefined : readDuration(info.execution_duration, 'execution_duration'),
    state: info.state,
    clientRequestId: info.client_request_id,
    requestPreview: info.request_preview,
    responsePreview: info.response_preview,
    tags: info.tags,
    metadata: info.trace_metadata,
    assessments: info.assessments.map((sent) => {
      const { id = '', ...assessment } = readAssessment(sent, info.trace_id, nowMs);
      return { ...assessment, id, valid: sent.valid ?? true };
    }),
  };
}

const missing = (name: string): Error =>
  invalidParameter(`Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`);
