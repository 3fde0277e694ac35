import { invalidParameter, parseFilter, type Filter, type FilterGrammar } from '@mlab/mlflow';

export const VIEW_TYPES = ['TRACES', 'SPANS', 'ASSESSMENTS'] as const;
export type ViewType = (typeof VIEW_TYPES)[number];

export const AGGREGATION_TYPES = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const;

export interface Aggregation {
  readonly type: (typeof AGGREGATION_TYPES)[number];
  /** 0 to 100, of `PERCENTILE` only. */
  readonly percentile: number | undefined;
}

export interface MetricFilter {
  readonly entity: 'trace' | 'span' | 'assessment';
  /** `status`, `tag.<key>`, `metadata.<key>`; `name`, `status`, `type`. */
  readonly key: string;
  readonly value: string;
}

/** Which numbers are asked for: an aggregate of a metric per group. */
export interface MetricQuery {
  readonly view: ViewType;
  readonly metric: string;
  readonly aggregations: readonly Aggregation[];
  readonly dimensions: readonly string[];
  readonly filters: readonly MetricFilter[];
  /** Length of the groups in time. */
  readonly intervalSeconds: number | undefined;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly limit: number;
}

interface Metric {
  readonly aggregations: readonly Aggregation['type'][];
  readonly dimensions: readonly string[];
}

const LATENCY = ['AVG', 'MIN', 'MAX', 'PERCENTILE'] as const;
const NUMBER = ['SUM', ...LATENCY] as const;
const tokens: Metric = { aggregations: NUMBER, dimensions: ['trace_name'] };
const cost: Metric = { aggregations: NUMBER, dimensions: ['span_model_name', 'span_model_provider'] };

/** As in MLflow (`sql_trace_metrics_utils.py`). */
const METRICS: Readonly<Record<ViewType, Readonly<Record<string, Metric>>>> = {
  TRACES: {
    trace_count: { aggregations: ['COUNT'], dimensions: ['trace_name', 'trace_status'] },
    session_count: { aggregations: ['COUNT'], dimensions: [] },
    latency: { aggregations: LATENCY, dimensions: ['trace_name'] },
    input_tokens: tokens,
    output_tokens: tokens,
    total_tokens: tokens,
    cache_read_input_tokens: tokens,
    cache_creation_input_tokens: tokens,
  },
  SPANS: {
    span_count: {
      aggregations: ['COUNT'],
      dimensions: ['span_name', 'span_type', 'span_status', 'span_model_name', 'span_model_provider'],
    },
    latency: { aggregations: LATENCY, dimensions: ['span_name', 'span_status'] },
    input_cost: cost,
    output_cost: cost,
    total_cost: cost,
  },
  ASSESSMENTS: {
    assessment_count: { aggregations: ['COUNT'], dimensions: ['assessment_name', 'assessment_value'] },
    assessment_value: { aggregations: LATENCY, dimensions: ['assessment_name'] },
  },
};

const MAX_INTERVAL_S = 31_622_400;
const MAX_RESULTS = 10_000;
const MAX_AGGREGATIONS = 20;

/** Refuses what cannot be counted. */
export function checkMetricQuery({ view, metric, aggregations, dimensions, intervalSeconds, startMs, endMs, limit }: MetricQuery): void {
  const known = METRICS[view];
  const { aggregations: types, dimensions: groups } = Object.hasOwn(known, metric)
    ? (known[metric] as Metric)
    : refuse('metric_name', Object.keys(known), metric);
  if (aggregations.length === 0 || aggregations.length > MAX_AGGREGATIONS)
    throw invalidParameter(`Invalid value for parameter 'aggregations' supplied: expected 1 to ${MAX_AGGREGATIONS} of them.`);
  for (const { type, percentile } of aggregations) {
    if (!types.includes(type))
      throw invalidParameter(`Found invalid aggregation_type(s): ['${type}']. Supported aggregation types: ${listed(types)}`);
    if (type !== 'PERCENTILE' && percentile !== undefined)
      throw invalidParameter(`Percentile value is only allowed for PERCENTILE aggregation type, got ${type}`);
    if (type === 'PERCENTILE' && !(percentile !== undefined && percentile >= 0 && percentile <= 100))
      throw invalidParameter(`Percentile value must be between 0 and 100, got ${percentile ?? 'none'}`);
  }
  const unknown = dimensions.filter((dimension) => !groups.includes(dimension));
  if (unknown.length > 0) throw invalidParameter(`Found invalid dimension(s): ${listed(unknown)}. Supported dimensions: ${listed(groups)}`);
  if (limit < 1 || limit > MAX_RESULTS)
    throw invalidParameter(`Invalid value ${limit} for parameter 'max_results' supplied. It must be 1 to ${MAX_RESULTS}.`);
  if (intervalSeconds === undefined) return;
  if (intervalSeconds < 1 || intervalSeconds > MAX_INTERVAL_S)
    throw invalidParameter(
      `Invalid value ${intervalSeconds} for parameter 'time_interval_seconds' supplied. It must be 1 to ${MAX_INTERVAL_S}.`,
    );
  if (startMs === undefined || endMs === undefined)
    throw invalidParameter('start_time_ms and end_time_ms are required if time_interval_seconds is set');
}

function refuse(field: string, known: readonly string[], got: string): never {
  throw invalidParameter(`${field} must be one of ${listed(known)}, got '${got.slice(0, 100)}'`);
}

const listed = (words: readonly string[]): string => `[${words.map((word) => `'${word.slice(0, 100)}'`).join(', ')}]`;

/** Each has one comparison, with `=`. */
export function readMetricFilters(filters: readonly string[], view: ViewType): readonly MetricFilter[] {
  return filters.map((text) => {
    const filter: Filter | undefined = parseFilter(GRAMMAR, text);
    if (filter?.kind !== 'compare') throw invalidParameter(`Invalid filter: '${text.slice(0, 200)}'. Expected one filter clause.`);
    const entity = filter.entity as MetricFilter['entity'];
    if (entity !== 'trace' && view !== (entity === 'span' ? 'SPANS' : 'ASSESSMENTS'))
      throw invalidParameter(
        `Filtering by ${entity} is only supported for ${entity === 'span' ? 'SPANS' : 'ASSESSMENTS'} view type, got ${view}`,
      );
    return { entity, key: checkKey(entity, filter.key), value: filter.value as string };
  });
}

const equal = { value: 'text', operators: ['='] } as const;

const GRAMMAR: FilterGrammar = {
  entities: {
    trace: { name: 'trace', keys: { status: equal }, others: equal },
    span: { name: 'span', keys: { name: equal, status: equal, type: equal } },
    assessment: { name: 'assessment', keys: { name: equal, type: equal } },
  },
  bare: { name: 'attribute' },
  listed: "Columns should be specified as 'trace.<key>', 'span.<key>', 'assessment.<key>'.",
};

function checkKey(entity: string, key: string): string {
  if (entity !== 'trace' || key === 'status') return key;
  const [, kind, name = ''] = /^(tag|metadata)\.`?(.*?)`?$/s.exec(key) ?? [];
  if (kind === undefined || name === '')
    throw invalidParameter(
      `Invalid entity '${key.slice(0, 100)}' specified for view type 'trace'. Valid entities are ['status', 'tag.<key>', 'metadata.<key>']`,
    );
  return `${kind}.${name}`;
}

/** A group with its numbers. */
export interface DataPoint {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, number>>;
}

/** What MLflow calls an aggregate: `P99.0`, `AVG`. */
export const aggregateName = ({ type, percentile = 0 }: Aggregation): string =>
  type === 'PERCENTILE' ? `P${Number.isInteger(percentile) ? `${percentile}.0` : String(percentile)}` : type;
