import type { traceRoutes } from '@mlab/contracts/mlflow-traces';
import type { RouteHandlers } from '@mlab/kernel';
import { answer, invalidParameter, pageToken, readMessage, readPageToken } from '@mlab/mlflow';
import { mlflowError } from '@mlab/mlflow';
import type { Traces } from '#/traces/traces.ts';
import { unlessEmpty } from './shapes.ts';
import { jsonAnswer, traceText } from './span-text.ts';
import {
  BatchOfTraces,
  Correlation,
  DeleteTag,
  DeleteTraces,
  GetTrace,
  readTold,
  SearchTraces,
  SetTag,
  StartTrace,
} from './trace-messages.ts';
import { traceInfoShape } from './trace-shapes.ts';

type TraceRoutes = Omit<
  typeof traceRoutes,
  'exportSpans' | 'queryTraceMetrics' | 'createAssessment' | 'getAssessment' | 'updateAssessment' | 'deleteAssessment'
>;

const nothing = answer({});
const MAX_TRACES = 500;

export const traceHandlers = (traces: Traces, nowMs: () => number): RouteHandlers<TraceRoutes> => ({
  startTrace: async (request, call) => {
    const trace = await traces.start(call, readTold(readMessage(StartTrace, request), nowMs()));
    return answer({ trace: { trace_info: traceInfoShape(trace) } });
  },
  getTraceInfo: async ({ params }, call) =>
    answer({ trace: { trace_info: traceInfoShape(await traces.get(call, params['trace_id'] ?? '')) } }),
  getTrace: async (request, call) => {
    const { trace_id, allow_partial = false } = readMessage(GetTrace, request);
    const whole = await traces.getWhole(call, trace_id, allow_partial);
    if (whole === undefined)
      throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Trace with ID ${trace_id} is not fully exported yet, please try again later.`);
    return jsonAnswer(`{"trace":${traceText(whole)}}`);
  },
  batchGetTraces: async (request, call) => {
    const { trace_ids, experiment_ids } = readMessage(BatchOfTraces, request);
    const found = await traces.findWhole(call, atMost(trace_ids), experiment_ids.length === 0 ? undefined : experiment_ids);
    return jsonAnswer(found.length === 0 ? '{}' : `{"traces":[${found.map(traceText).join(',')}]}`);
  },
  batchGetTraceInfos: async (request, call) => {
    const { trace_ids, experiment_ids } = readMessage(BatchOfTraces, request);
    const found = await traces.find(call, atMost(trace_ids), experiment_ids.length === 0 ? undefined : experiment_ids);
    return answer({ trace_infos: unlessEmpty(found.map(traceInfoShape)) });
  },
  searchTraces: async (request, call) => {
    const { locations, filter, max_results, order_by, page_token } = readMessage(SearchTraces, request);
    const experimentIds = locations.flatMap(({ mlflow_experiment }) => mlflow_experiment?.experiment_id ?? []);
    const found = await searchPage(traces, { experimentIds, filter, orderBy: order_by, maxResults: max_results, token: page_token })(call);
    return answer({ traces: unlessEmpty(found.traces.map(traceInfoShape)), next_page_token: found.token });
  },
  deleteTraces: async (request, call) => {
    const sent = readMessage(DeleteTraces, request);
    const { experiment_id: experimentId, max_timestamp_millis: untilMs, max_traces: limit, request_ids: ids } = sent;
    return answer({ traces_deleted: await traces.delete(call, { experimentId, ids, untilMs, limit }) });
  },
  setTraceTag: async (request, call) => {
    await traces.setTag(call, request.params['trace_id'] ?? '', readMessage(SetTag, request));
    return nothing;
  },
  deleteTraceTag: async (request, call) => {
    await traces.deleteTag(call, request.params['trace_id'] ?? '', readMessage(DeleteTag, request).key);
    return nothing;
  },
  calculateTraceFilterCorrelation: async (request, call) => {
    const { experiment_ids: experimentIds, filter_string1, filter_string2, base_filter: base } = readMessage(Correlation, request);
    const found = await traces.associate(call, { experimentIds, filters: [filter_string1, filter_string2], base });
    return answer({
      npmi: found.npmi,
      npmi_smoothed: found.smoothed,
      filter1_count: found.first,
      filter2_count: found.second,
      joint_count: found.both,
      total_count: found.total,
    });
  },
});

function atMost(ids: readonly string[]): readonly string[] {
  if (ids.length > MAX_TRACES)
    throw invalidParameter(`Invalid value for parameter 'trace_ids' supplied: at most ${MAX_TRACES} traces are given at once.`);
  return ids;
}

interface Page {
  readonly experimentIds: readonly string[];
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly maxResults: number;
  readonly token: string | undefined;
}

/** A page of traces, and the token of the next one if there is one. */
export function searchPage(traces: Traces, { experimentIds, filter, orderBy, maxResults, token }: Page) {
  return async (call: Parameters<Traces['search']>[0]) => {
    if (maxResults < 1)
      throw invalidParameter(`Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer`);
    if (maxResults > MAX_TRACES)
      throw invalidParameter(`Invalid value ${maxResults} for parameter 'max_results' supplied. It must be at most ${MAX_TRACES}.`);
    const offset = readPageToken(token);
    const found = await traces.search(call, { experimentIds, filter, orderBy, offset, limit: maxResults + 1 });
    return { traces: found.slice(0, maxResults), token: found.length > maxResults ? pageToken(offset + maxResults) : undefined };
  };
}
