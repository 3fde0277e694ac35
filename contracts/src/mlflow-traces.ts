import { route } from '@mlab/kernel';

const read = 'tracking:read';
const write = 'tracking:write';
const again = { scope: write, safe: true };
/** Spans carry what went into each step and what came out of it; also the limit of what a compressed body may become. */
const spans = { ...again, maxBodyBytes: 67_108_864 };
const previews = { ...again, maxBodyBytes: 8_388_608 };
const search = { scope: read, safe: true };

/** Traces as MLflow's clients ask for them, and the spans of any OpenTelemetry exporter. https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export const traceRoutes = {
  exportSpans: route('POST /v1/traces', { summary: 'Take spans in OTLP', ...spans }),

  startTrace: route('POST /api/3.0/mlflow/traces', { summary: 'Keep what is known of a trace', ...previews }),
  getTraceInfo: route('GET /api/3.0/mlflow/traces/:trace_id', { summary: 'What is known of a trace', scope: read }),
  getTrace: route('GET /api/3.0/mlflow/traces/get', { summary: 'A trace with its spans', scope: read }),
  batchGetTraces: route('GET /api/3.0/mlflow/traces/batchGet', { summary: 'Traces with their spans', scope: read }),
  batchGetTraceInfos: route('POST /api/3.0/mlflow/traces/batchGetInfos', { summary: 'What is known of traces', ...search }),
  searchTraces: route('POST /api/3.0/mlflow/traces/search', { summary: 'Search traces', ...search }),
  deleteTraces: route('POST /api/3.0/mlflow/traces/delete-traces', { summary: 'Delete traces', ...again }),
  setTraceTag: route('PATCH /api/3.0/mlflow/traces/:trace_id/tags', { summary: 'Set a tag of a trace', ...again }),
  deleteTraceTag: route('DELETE /api/3.0/mlflow/traces/:trace_id/tags', { summary: 'Delete a tag of a trace', scope: write }),
  calculateTraceFilterCorrelation: route('POST /api/3.0/mlflow/traces/calculate-filter-correlation', {
    summary: 'How much two filters find the same traces',
    ...search,
  }),
  queryTraceMetrics: route('POST /api/3.0/mlflow/traces/metrics', { summary: 'Numbers over traces, spans or assessments', ...search }),

  createAssessment: route('POST /api/3.0/mlflow/traces/:trace_id/assessments', { summary: 'Assess a trace', scope: write }),
  getAssessment: route('GET /api/3.0/mlflow/traces/:trace_id/assessments/:assessment_id', { summary: 'Get an assessment', scope: read }),
  updateAssessment: route('PATCH /api/3.0/mlflow/traces/:trace_id/assessments/:assessment_id', {
    summary: 'Change an assessment',
    ...again,
  }),
  deleteAssessment: route('DELETE /api/3.0/mlflow/traces/:trace_id/assessments/:assessment_id', {
    summary: 'Delete an assessment',
    ...again,
  }),
};

/** What clients ask by the older version of the protocol, and what only it has. */
export const olderTraceRoutes = {
  linkTracesToRun: route('POST /api/2.0/mlflow/traces/link-to-run', { summary: 'Link traces to a run', ...again }),
  linkPromptsToTrace: route('POST /api/2.0/mlflow/traces/link-prompts', { summary: 'Link versions of prompts to a trace', ...again }),
  deleteTracesV2: route('POST /api/2.0/mlflow/traces/delete-traces', { summary: 'Delete traces', ...again }),
  setTraceTagV2: route('PATCH /api/2.0/mlflow/traces/:trace_id/tags', { summary: 'Set a tag of a trace', ...again }),
  deleteTraceTagV2: route('DELETE /api/2.0/mlflow/traces/:trace_id/tags', { summary: 'Delete a tag of a trace', scope: write }),
  startTraceV2: route('POST /api/2.0/mlflow/traces', { summary: 'Begin a trace', scope: write }),
  endTraceV2: route('PATCH /api/2.0/mlflow/traces/:trace_id', { summary: 'End a trace', ...again }),
  getTraceInfoV2: route('GET /api/2.0/mlflow/traces/:trace_id/info', { summary: 'What is known of a trace', scope: read }),
  searchTracesV2: route('GET /api/2.0/mlflow/traces', { summary: 'Search traces', scope: read }),
  getTraceArtifact: route('GET /api/2.0/mlflow/get-trace-artifact', { summary: 'The spans of a trace as a file', scope: read }),
};
