import type { runRoutes } from '@mlab/contracts/mlflow-tracking';
import type { RouteHandlers } from '@mlab/kernel';
import { answer, int64, invalidParameter, list, message, pageToken, readMessage, readPageToken, text } from '@mlab/mlflow';
import type { MetricHistory } from '#/metric-history.ts';
import { metricShape, unlessEmpty } from './shapes.ts';

/** MLflow's own limits. */
const MAX_RUNS = 100;
const MAX_POINTS = 25_000;
const MAX_SAMPLES = 2500;
const SEE = 'See the API docs for more information about request parameters.';

const History = message(
  {
    run_id: text({ required: true, legacy: 'run_uuid' }),
    metric_key: text({ required: true }),
    max_results: int64(),
    page_token: text(),
  },
  { required: true },
);
const Bulk = message({ run_id: list(text({ required: true })), metric_key: text(), max_results: int64() }, { required: true });
const Interval = message(
  {
    run_ids: list(text({ required: true })),
    metric_key: text({ required: true }),
    start_step: int64(),
    end_step: int64(),
    max_results: int64(),
  },
  { required: true },
);

type OwnRoutes = Pick<typeof runRoutes, 'getMetricHistory' | 'getMetricHistoryBulk' | 'getMetricHistoryBulkInterval'>;

export const metricHistoryHandlers = (history: MetricHistory): RouteHandlers<OwnRoutes> => ({
  getMetricHistory: async (request, call) => {
    const { run_id, metric_key: key, max_results, page_token } = readMessage(History, request);
    if (max_results !== undefined && max_results < 1)
      throw invalidParameter(`Invalid value ${max_results} for parameter 'max_results' supplied. It must be a positive integer.`);
    const offset = readPageToken(page_token);
    const size = max_results === undefined ? undefined : Math.min(max_results, MAX_POINTS);
    const found = await history.read(call, run_id, key, { offset, limit: size === undefined ? undefined : size + 1 });
    const more = size !== undefined && found.length > size;
    return answer({
      metrics: unlessEmpty((more ? found.slice(0, size) : found).map((point) => metricShape({ key, ...point }))),
      next_page_token: more ? pageToken(offset + size) : undefined,
    });
  },

  getMetricHistoryBulk: async (request, call) => {
    const { run_id: runIds, metric_key: key, max_results } = readMessage(Bulk, request);
    if (runIds.length === 0) throw invalidParameter('GetMetricHistoryBulk request must specify at least one run_id.');
    if (runIds.length > MAX_RUNS)
      throw invalidParameter(
        `GetMetricHistoryBulk request cannot specify more than ${MAX_RUNS} run_ids. Received ${runIds.length} run_ids.`,
      );
    if (key === undefined) throw invalidParameter('GetMetricHistoryBulk request must specify a metric_key.');
    const limit = Math.max(0, Math.min(max_results ?? MAX_POINTS, MAX_POINTS));
    const points = await history.readSeveral(call, runIds, key, limit);
    return answer({ metrics: points.map(({ runId, ...point }) => ({ ...metricShape({ key, ...point }), run_id: runId })) });
  },

  getMetricHistoryBulkInterval: async (request, call) => {
    const { run_ids: runIds, metric_key: key, start_step: start, end_step: end, max_results } = readMessage(Interval, request);
    if (runIds.length === 0) throw invalidParameter(`Missing value for required parameter 'run_ids'. ${SEE}`);
    if (runIds.length > MAX_RUNS)
      throw invalidParameter(
        `GetMetricHistoryBulkInterval request must specify at most ${MAX_RUNS} run_ids. Received ${runIds.length} run_ids. ${SEE}`,
      );
    const count = max_results ?? MAX_SAMPLES;
    if (count < 1 || count > MAX_SAMPLES) throw invalidParameter(`max_results must be between 1 and ${MAX_SAMPLES}. ${SEE}`);
    if ((start === undefined) !== (end === undefined))
      throw invalidParameter('If either start step or end step are specified, both must be specified.');
    if (start !== undefined && end !== undefined && start > end)
      throw invalidParameter(`end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`);
    const steps = start === undefined || end === undefined ? undefined : { start, end };
    const points = await history.sample(call, runIds, key, count, steps);
    return answer({ metrics: unlessEmpty(points.map(({ runId, ...point }) => ({ ...metricShape({ key, ...point }), run_id: runId }))) });
  },
});
