import type { Queryable, Sql } from '@mlab/kernel';
import { identifier, join, number, sql } from '@mlab/sql';
import {
  aggregateName,
  type Aggregation,
  type DataPoint,
  type MetricFilter,
  type MetricQuery,
  type ViewType,
} from '#/domain/traces/metric-query.ts';

/** The numbers of traces, by `trace AS t`; of spans also by `span AS s`, of assessments by `assessment AS a`. */
const COLUMNS: Readonly<Record<ViewType, Readonly<Record<string, Sql>>>> = {
  TRACES: {
    trace_count: sql`t.no`,
    session_count: sql`t.metadata->>'mlflow.trace.session'`,
    latency: sql`t.duration_ms::float8`,
    input_tokens: sql`(t.tokens->>'input_tokens')::float8`,
    output_tokens: sql`(t.tokens->>'output_tokens')::float8`,
    total_tokens: sql`(t.tokens->>'total_tokens')::float8`,
    cache_read_input_tokens: sql`(t.tokens->>'cache_read_input_tokens')::float8`,
    cache_creation_input_tokens: sql`(t.tokens->>'cache_creation_input_tokens')::float8`,
  },
  SPANS: {
    span_count: sql`s.id`,
    latency: sql`((s.end_ns - s.start_ns) / 1000000)::float8`,
    input_cost: sql`(s.cost->>'input_cost')::float8`,
    output_cost: sql`(s.cost->>'output_cost')::float8`,
    total_cost: sql`(s.cost->>'total_cost')::float8`,
  },
  ASSESSMENTS: {
    assessment_count: sql`a.id`,
    // Yes and no count as 1 and 0, like true and false.
    assessment_value: sql`CASE WHEN jsonb_typeof(a.value) = 'number' THEN (a.value)::float8
      WHEN a.value = 'true' OR lower(trim(a.value #>> '{}')) = 'yes' THEN 1 WHEN a.value = 'false' OR lower(trim(a.value #>> '{}')) = 'no' THEN 0 END`,
  },
};

const DIMENSIONS: Readonly<Record<string, Sql>> = {
  trace_name: sql`t.tags->>'mlflow.traceName'`,
  trace_status: sql`t.state`,
  span_name: sql`s.name`,
  span_type: sql`s.type`,
  span_status: sql`s.status`,
  span_model_name: sql`s.model`,
  span_model_provider: sql`s.provider`,
  assessment_name: sql`a.name`,
  // Clients have only doubles here, so 1 is called 1.0.
  assessment_value: sql`a.value::text || CASE WHEN jsonb_typeof(a.value) = 'number' AND a.value::text !~ '[.e]' THEN '.0' ELSE '' END`,
};

const FROM: Readonly<Record<ViewType, Sql>> = {
  TRACES: sql`trace AS t`,
  SPANS: sql`trace AS t JOIN span AS s ON s.trace_no = t.no`,
  ASSESSMENTS: sql`trace AS t JOIN assessment AS a ON a.trace_no = t.no AND a.valid`,
};

/** A group for every value of the dimensions that is there, ordered by them. */
export async function queryMetrics(db: Queryable, experimentIds: readonly string[], query: MetricQuery): Promise<readonly DataPoint[]> {
  const { view, metric, aggregations, dimensions, filters, intervalSeconds, limit } = query;
  const value = columnOf(COLUMNS[view], metric);
  // Costs belong to when their span began, all else to when its trace did.
  const at = view === 'SPANS' && metric.endsWith('_cost') ? sql`(s.start_ns / 1000000)` : sql`t.start_ms`;
  const step = intervalSeconds === undefined ? undefined : intervalSeconds * 1000;
  const groups = [
    ...(step === undefined ? [] : [{ name: 'time_bucket', column: sql`(${at} / ${step}::bigint * ${step}::bigint)` }]),
    ...dimensions.map((name) => ({ name, column: columnOf(DIMENSIONS, name) })),
  ];
  const where = [
    sql`t.experiment_id = ANY(${experimentIds}::bigint[])`,
    ...(query.startMs === undefined ? [] : [sql`${at} >= ${query.startMs}::bigint`]),
    ...(query.endMs === undefined ? [] : [sql`${at} <= ${query.endMs}::bigint`]),
    ...filters.map(filterCondition),
  ];
  const names = groups.map((_, index) => identifier(`g${index}`));
  const inner = groups.map(({ column }, index) => sql`${column} AS ${names[index] as Sql}`);
  const present = [sql`value IS NOT NULL`, ...names.map((name) => sql`${name} IS NOT NULL`)];
  const selected = [
    ...names.map((name) => sql`${name}::text AS ${name}`),
    ...aggregations.map((aggregation, index) => sql`${aggregate(aggregation, metric)}::float8 AS ${identifier(`v${index}`)}`),
  ];
  const grouping = names.length === 0 ? sql`` : sql` GROUP BY ${join(names)} ORDER BY ${join(names)}`;
  const points = await db.all(
    sql`SELECT ${join(selected)} FROM (SELECT ${join([...inner, sql`${value} AS value`])} FROM ${FROM[view]} WHERE ${join(where, sql` AND `)}) AS numbers
        WHERE ${join(present, sql` AND `)}${grouping} LIMIT ${limit}`,
    (row) => ({
      dimensions: Object.fromEntries(groups.map(({ name }, index) => [name, dimensionText(name, String(row[`g${index}`]))])),
      values: Object.fromEntries(
        aggregations.flatMap((aggregation, index) =>
          row[`v${index}`] === null ? [] : [[aggregateName(aggregation), number(row[`v${index}`])]],
        ),
      ),
    }),
  );
  return points.filter(({ values }) => Object.keys(values).length > 0);
}

function columnOf(columns: Readonly<Record<string, Sql>>, name: string): Sql {
  const column = columns[name];
  if (column === undefined) throw new Error(`There are no numbers called ${name}.`);
  return column;
}

/** Times as Python's `isoformat` writes them. */
const dimensionText = (name: string, value: string): string =>
  name === 'time_bucket'
    ? new Date(Number(value)).toISOString().replace(/\.(\d{3})Z$/, (_, ms) => (ms === '000' ? '+00:00' : `.${ms}000+00:00`))
    : value;

function aggregate({ type, percentile = 0 }: Aggregation, metric: string): Sql {
  switch (type) {
    case 'COUNT':
      return metric === 'session_count' ? sql`count(DISTINCT value)` : sql`count(value)`;
    case 'SUM':
      return sql`sum(value)`;
    case 'AVG':
      return sql`avg(value)`;
    case 'MIN':
      return sql`min(value)`;
    case 'MAX':
      return sql`max(value)`;
    case 'PERCENTILE':
      return sql`percentile_cont(${percentile / 100}::float8) WITHIN GROUP (ORDER BY value)`;
  }
}

const FILTERED: Readonly<Record<string, Sql>> = {
  'trace.status': sql`t.state`,
  'span.name': sql`s.name`,
  'span.status': sql`s.status`,
  'span.type': sql`s.type`,
  'assessment.name': sql`a.name`,
  'assessment.type': sql`a.kind`,
};

function filterCondition({ entity, key, value }: MetricFilter): Sql {
  const column = FILTERED[`${entity}.${key}`];
  if (column !== undefined) return sql`${column} = ${value}`;
  const [kind = ''] = key.split('.', 1);
  const name = key.slice(kind.length + 1);
  const linked =
    name === 'mlflow.sourceRun'
      ? sql` OR EXISTS (SELECT 1 FROM trace_run AS l JOIN run AS r ON r.no = l.run_no WHERE l.trace_id = t.id AND r.id = ${value})`
      : sql``;
  return sql`(${kind === 'tag' ? sql`t.tags` : sql`t.metadata`}->>${name} = ${value}${linked})`;
}
