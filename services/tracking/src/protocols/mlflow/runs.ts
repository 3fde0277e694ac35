import type { runRoutes } from '@mlab/contracts/mlflow-tracking';
import type { CallMeta, RouteHandlers } from '@mlab/kernel';
import { answer, double, int64, list, message, oneOf, pageToken, readMessage, readPageStart, text } from '@mlab/mlflow';
import type { Run } from '#/domain/run.ts';
import type { ModelMetric, Runs } from '#/runs.ts';
import { pageSize, stagesOf, VIEWS } from './paging.ts';
import { NO_LINKS, runInfoShape, runShape, unlessEmpty, type Links } from './shapes.ts';

const runId = text({ required: true, legacy: 'run_uuid' });
const Pair = message({ key: text({ required: true }), value: text({ default: '' }) }, { required: true });
const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;

const metricFields = {
  key: text({ required: true }),
  value: double({ required: true }),
  timestamp: int64({ required: true }),
  step: int64({ default: 0 }),
  model_id: text(),
  dataset_name: text(),
  dataset_digest: text(),
};
const Create = message(
  { experiment_id: text(), user_id: text({ default: '' }), run_name: text(), start_time: int64(), tags: list(Pair) },
  { required: true },
);
const Update = message({ run_id: runId, status: oneOf(STATUSES), end_time: int64(), run_name: text() }, { required: true });
const ById = message({ run_id: runId }, { required: true });
const Search = message(
  {
    experiment_ids: list(text({ required: true })),
    filter: text(),
    run_view_type: oneOf(VIEWS),
    max_results: int64(),
    order_by: list(text({ required: true })),
    page_token: text(),
  },
  { required: true },
);
const LogMetric = message({ run_id: runId, ...metricFields }, { required: true });
const LogParam = message({ run_id: runId, key: text({ required: true }), value: text({ default: '' }) }, { required: true });
const LogBatch = message(
  { run_id: runId, metrics: list(message(metricFields, { required: true })), params: list(Pair), tags: list(Pair) },
  { required: true },
);
const DeleteTag = message({ run_id: runId, key: text({ required: true }) }, { required: true });

const DEFAULT_PAGE = 1000;
const nothing = answer({});

export interface RunHandlersOptions {
  readonly runs: Runs;
  readonly nowMs: () => number;
  /** What these runs have used and made, by their numbers; one that is missing has neither. */
  readonly linksOf: (call: CallMeta, runs: readonly Run[]) => Promise<ReadonlyMap<number, Links>>;
}

type OwnRoutes = Omit<typeof runRoutes, 'getMetricHistory' | 'getMetricHistoryBulk' | 'getMetricHistoryBulkInterval'>;

export function runHandlers({ runs, nowMs, linksOf }: RunHandlersOptions): RouteHandlers<OwnRoutes> {
  return {
    createRun: async (request, call) => {
      const { experiment_id, user_id, run_name, start_time, tags } = readMessage(Create, request);
      const created = await runs.create(call, {
        experimentId: experiment_id,
        userId: user_id,
        startMs: start_time ?? nowMs(),
        name: run_name,
        tags,
      });
      return answer({ run: runShape(created, { inputs: {}, outputs: undefined }) });
    },
    updateRun: async (request, call) => {
      const { run_id, status, end_time: endMs, run_name: name } = readMessage(Update, request);
      return answer({ run_info: runInfoShape(await runs.update(call, run_id, { status, endMs, name })) });
    },
    deleteRun: async (request, call) => {
      await runs.setStage(call, readMessage(ById, request).run_id, 'deleted');
      return nothing;
    },
    restoreRun: async (request, call) => {
      await runs.setStage(call, readMessage(ById, request).run_id, 'active');
      return nothing;
    },
    getRun: async (request, call) => {
      const whole = await runs.get(call, readMessage(ById, request).run_id);
      const links = await linksOf(call, [whole.run]);
      return answer({ run: runShape(whole, links.get(whole.run.no) ?? NO_LINKS) });
    },
    searchRuns: async (request, call) => {
      const {
        experiment_ids: experimentIds,
        filter,
        run_view_type,
        max_results,
        order_by: orderBy,
        page_token,
      } = readMessage(Search, request);
      const size = pageSize(max_results, DEFAULT_PAGE);
      const { offset, after } = readPageStart(page_token);
      const found = await runs.search(call, {
        experimentIds,
        filter,
        orderBy,
        stages: stagesOf(run_view_type),
        after,
        offset,
        limit: size + 1,
      });
      const page = found.slice(0, size);
      const links = await linksOf(
        call,
        page.map(({ run }) => run),
      );
      return answer({
        runs: unlessEmpty(page.map((whole) => runShape(whole, links.get(whole.run.no) ?? NO_LINKS))),
        next_page_token: found.length > size ? pageToken(offset + size, page.at(-1)?.run.id) : undefined,
      });
    },
    logMetric: async (request, call) => {
      const asked = readMessage(LogMetric, request);
      await runs.logMetric(call, asked.run_id, toMetric(asked));
      return nothing;
    },
    logParam: async (request, call) => {
      const { run_id, key, value } = readMessage(LogParam, request);
      await runs.logParam(call, run_id, { key, value });
      return nothing;
    },
    logBatch: async (request, call) => {
      const { run_id, metrics, params, tags } = readMessage(LogBatch, request);
      await runs.logBatch(call, run_id, { metrics: metrics.map(toMetric), params, tags });
      return nothing;
    },
    setTag: async (request, call) => {
      const { run_id, key, value } = readMessage(LogParam, request);
      await runs.setTag(call, run_id, { key, value });
      return nothing;
    },
    deleteTag: async (request, call) => {
      const { run_id, key } = readMessage(DeleteTag, request);
      await runs.deleteTag(call, run_id, key);
      return nothing;
    },
  };
}

interface MetricMessage {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
  readonly model_id: string | undefined;
  readonly dataset_name: string | undefined;
  readonly dataset_digest: string | undefined;
}

/** What is empty is not there. */
function toMetric({ key, value, timestamp, step, model_id, dataset_name, dataset_digest }: MetricMessage): ModelMetric {
  const metric = { key, value, timestamp, step };
  if (!model_id && !dataset_name && !dataset_digest) return metric;
  return {
    ...metric,
    modelId: model_id || undefined,
    datasetName: dataset_name || undefined,
    datasetDigest: dataset_digest || undefined,
  };
}
