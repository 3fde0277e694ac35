import type { ForeignRequest } from '@mlab/kernel';
import { AppError } from '@mlab/kernel/errors';
import * as mlflow from '@mlab/mlflow';
import { double, int64, list, message, oneOf, text, type Filter, type Message } from '@mlab/mlflow';

/** What is made of a question: MLflow's recorder answers in the same form. */
export type Answer = { readonly ok: unknown } | { readonly error: string } | { readonly broken: string };

/** A filter that MLflow could write too, as a list of its comparisons; `undefined` when it has OR or NOT. */
function flatten(filter: Filter<string> | undefined): readonly unknown[] | undefined {
  if (filter === undefined) return [];
  if (filter.kind === 'compare') return [[filter.entity, filter.key, filter.operator, plain(filter.value)]];
  if (filter.kind !== 'and') return undefined;
  const parts = filter.parts.map(flatten);
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

/** As JSON has it: NaN and the infinite as `{ number: 'nan' }`. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { number: Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf' };
  }
  return value;
}

const filter =
  <O extends string>(grammar: mlflow.FilterGrammar<O>) =>
  (value: unknown): unknown =>
    flatten(mlflow.parseFilter(grammar, value as string));

/** Only what was asked for: MLflow's parser does not tell what it adds. */
const order =
  (grammar: mlflow.OrderGrammar) =>
  (value: unknown): unknown => {
    const clauses = value as readonly string[];
    return mlflow
      .parseOrderBy(grammar, clauses)
      .slice(0, clauses.length)
      .map((part) => [part.entity, part.key, part.ascending]);
  };

const check =
  (function_: (value: string) => void) =>
  (value: unknown): unknown => {
    function_(value as string);
    return true;
  };

const request =
  <T>(of: Message<T>, method: string, told: (value: Exclude<T, undefined>) => readonly unknown[]) =>
  (value: unknown): unknown => {
    const isGet = method === 'GET';
    const asked: ForeignRequest = {
      method,
      params: {},
      query: isGet ? (value as string) : '',
      headers: {},
      contentType: 'application/json',
      body: Buffer.from(isGet ? '' : (value as string)),
      stream: undefined as never,
      origin: 'http://localhost',
    };
    return told(mlflow.readMessage(of, asked));
  };

const metric = {
  key: text({ required: true }),
  value: double({ required: true }),
  timestamp: int64({ required: true }),
  step: int64({ default: 0 }),
  model_id: text(),
  dataset_name: text(),
  dataset_digest: text(),
};
const label = message({ key: text({ required: true }), value: text({ default: '' }) });
const RUN_ID = text({ required: true, legacy: 'run_uuid' });
const STATES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;

/** MLflow's messages have defaults where ours have nothing. */
const orNull = (value: string | undefined): string | null => (value === undefined || value === '' ? null : value);

const repeated = (value: unknown): string => {
  const [text, times] = value as [string, number];
  return text.repeat(times);
};

const characters = (value: string): number => Array.from(value).length;

const TABLE: Readonly<Record<string, (value: unknown) => unknown>> = {
  'filter runs': filter(mlflow.runFilters),
  'filter experiments': filter(mlflow.experimentFilters),
  'filter registered models': filter(mlflow.registeredModelFilters),
  'filter model versions': filter(mlflow.modelVersionFilters),
  'filter logged models': filter(mlflow.loggedModelFilters),
  'filter traces': filter(mlflow.traceFilters),
  'order runs': order(mlflow.runOrder),
  'order experiments': order(mlflow.experimentOrder),
  'order registered models': order(mlflow.registeredModelOrder),
  'order model versions': order(mlflow.modelVersionOrder),
  'order traces': order(mlflow.traceOrder),
  'order logged models': (value) => {
    const fields = value as readonly { readonly field_name: string }[];
    const orders = mlflow.parseLoggedModelOrder(fields).slice(0, fields.length);
    return orders.map(({ ascending }, at) => [fields[at]?.field_name, ascending]);
  },
  path: (value) => mlflow.checkArtifactPath(value as string),
  'page token': (value) => mlflow.readPageToken(value as string),
  'key metric': check((key) => mlflow.checkKey('metric', key)),
  'key param': check((key) => mlflow.checkKey('param', key)),
  'key tag': check((key) => mlflow.checkKey('tag', key)),
  'experiment name': check(mlflow.checkExperimentName),
  'model name': check(mlflow.checkModelName),
  'logged model name': check(mlflow.checkLoggedModelName),
  alias: check(mlflow.checkAlias),
  'new alias': check(mlflow.checkNewAlias),
  'run id': check(mlflow.checkRunId),
  'experiment id': check(mlflow.checkExperimentId),
  'param value': (value) => characters(mlflow.fitParamValue(repeated(value), 'cut')),
  'tag value': (value) => characters(mlflow.fitTagValue(repeated(value), 'cut')),
  'request log-metric': request(message({ run_id: RUN_ID, ...metric }), 'POST', ({ run_id, ...one }) => [
    run_id,
    {
      ...one,
      value: plain(one.value),
      model_id: orNull(one.model_id),
      dataset_name: orNull(one.dataset_name),
      dataset_digest: orNull(one.dataset_digest),
    },
  ]),
  'request log-batch': request(
    message({ run_id: text({ required: true }), metrics: list(message(metric)), params: list(label), tags: list(label) }),
    'POST',
    ({ run_id, metrics, params, tags }) => [
      metrics.map((one) => ({
        ...one,
        value: plain(one.value),
        model_id: orNull(one.model_id),
        dataset_name: orNull(one.dataset_name),
        dataset_digest: orNull(one.dataset_digest),
      })),
      params,
      run_id,
      tags,
    ],
  ),
  'request update-run': request(
    message({ run_id: RUN_ID, status: oneOf(STATES), end_time: int64(), run_name: text() }),
    'POST',
    ({ run_id, status, end_time, run_name }) => [
      run_id,
      status === undefined ? null : STATES.indexOf(status) + 1,
      end_time ?? null,
      run_name ?? null,
    ],
  ),
  'request set-tag': request(
    message({ run_id: RUN_ID, key: text({ required: true }), value: text({ default: '' }) }),
    'POST',
    ({ run_id, key, value }) => [run_id, { key, value }],
  ),
  'request get-history': request(
    message({ run_id: RUN_ID, metric_key: text({ required: true }), max_results: int64(), page_token: text() }),
    'GET',
    ({ run_id, metric_key, max_results, page_token }) => [run_id, metric_key, max_results ?? null, orNull(page_token)],
  ),
};

export function ask(subject: string, value: unknown): Answer {
  try {
    const ok = (TABLE[subject] as (value: unknown) => unknown)(value);
    return ok === undefined ? { broken: 'what MLflow does not have' } : { ok };
  } catch (error) {
    if (AppError.is(error, 'invalid') && error.reason === 'INVALID_PARAMETER_VALUE') return { error: error.message };
    throw error;
  }
}
