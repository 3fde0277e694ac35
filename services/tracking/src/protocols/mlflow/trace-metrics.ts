import type { traceRoutes } from '@mlab/contracts/mlflow-traces';
import type { RouteHandlers } from '@mlab/kernel';
import { answer, double, int64, list, message, oneOf, readMessage, text } from '@mlab/mlflow';
import { AGGREGATION_TYPES, readMetricFilters, VIEW_TYPES } from '#/domain/traces/metric-query.ts';
import type { Traces } from '#/traces/traces.ts';
import { unlessEmpty } from './shapes.ts';

const Query = message(
  {
    experiment_ids: list(text(), { required: true }),
    view_type: oneOf(VIEW_TYPES, { required: true }),
    metric_name: text({ required: true }),
    aggregations: list(
      message({ aggregation_type: oneOf(AGGREGATION_TYPES, { required: true }), percentile_value: double() }, { required: true }),
      {
        required: true,
      },
    ),
    dimensions: list(text()),
    filters: list(text()),
    time_interval_seconds: int64(),
    start_time_ms: int64(),
    end_time_ms: int64(),
    max_results: int64({ default: 1000 }),
  },
  { required: true },
);

export const traceMetricHandlers = (traces: Traces): RouteHandlers<Pick<typeof traceRoutes, 'queryTraceMetrics'>> => ({
  queryTraceMetrics: async (request, call) => {
    const sent = readMessage(Query, request);
    const { experiment_ids, view_type: view, metric_name: metric, aggregations, dimensions, filters } = sent;
    const points = await traces.metrics(call, experiment_ids, {
      view,
      metric,
      dimensions,
      filters: readMetricFilters(filters, view),
      limit: sent.max_results,
      aggregations: aggregations.map(({ aggregation_type: type, percentile_value: percentile }) => ({ type, percentile })),
      intervalSeconds: sent.time_interval_seconds,
      startMs: sent.start_time_ms,
      endMs: sent.end_time_ms,
    });
    return answer({
      data_points: unlessEmpty(
        points.map(({ dimensions: of, values }) => ({
          metric_name: metric,
          dimensions: Object.keys(of).length === 0 ? undefined : of,
          values,
        })),
      ),
    });
  },
});
