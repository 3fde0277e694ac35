import type { Sql } from '@mlab/kernel';
import type { Comparison, Filter, TraceOperator } from '@mlab/mlflow';
import { numberCondition, textCondition } from '@mlab/mlflow/sql';
import { join, jsonb, sql } from '@mlab/sql';
import { METADATA } from '#/domain/traces/trace.ts';
import { assessmentCondition, issueCondition } from './assessment-filter.ts';

export type TraceFilter = Filter<TraceOperator>;
export type TraceComparison = Comparison<TraceOperator>;

const TEXTS: Readonly<Record<string, Sql>> = { request_id: sql`t.id`, client_request_id: sql`t.client_request_id`, status: sql`t.state` };
const NUMBERS: Readonly<Record<string, Sql>> = {
  timestamp_ms: sql`t.start_ms`,
  execution_time_ms: sql`t.duration_ms`,
  end_time_ms: sql`(t.start_ms + coalesce(t.duration_ms, 0))`,
};

/** The column of an attribute, for ordering by it. */
export function attributeColumn(key: string): Sql {
  const column = key === 'experiment_id' ? sql`t.experiment_id` : (TEXTS[key] ?? NUMBERS[key]);
  if (column === undefined) throw new Error(`Traces have no ${key}.`);
  return column;
}

/** A filter of traces as a condition on `trace AS t`; `scope` is one on traces as well, of those that are searched at all. */
export function traceCondition(filter: TraceFilter, scope: Sql): Sql {
  switch (filter.kind) {
    case 'and': {
      // What is said of spans is said of one and the same span.
      const ofSpans = filter.parts.filter((part): part is TraceComparison => part.kind === 'compare' && part.entity === 'span');
      const others = filter.parts.filter((part) => !ofSpans.includes(part as TraceComparison)).map((part) => traceCondition(part, scope));
      return sql`(${join([...others, ...(ofSpans.length === 0 ? [] : [spanExists(ofSpans)])], sql` AND `)})`;
    }
    case 'or':
      return sql`(${join(
        filter.parts.map((part) => traceCondition(part, scope)),
        sql` OR `,
      )})`;
    case 'not':
      // A comparison with nothing is unknown to SQL, and here it is false.
      return sql`((${traceCondition(filter.part, scope)}) IS NOT TRUE)`;
    case 'compare':
      return comparisonCondition(filter, scope);
  }
}

function comparisonCondition(comparison: TraceComparison, scope: Sql): Sql {
  const { entity, key, operator, value } = comparison;
  switch (entity) {
    case 'tag':
      return key === 'mlflow.linkedPrompts'
        ? sql`EXISTS (SELECT 1 FROM trace_prompt AS p WHERE p.trace_no = t.no AND p.prompt = ${value as string})`
        : labelCondition(sql`t.tags`, comparison);
    case 'metadata':
      return key === 'mlflow.sourceRun' && operator === '=' ? runCondition(value as string) : metadataCondition(comparison);
    case 'span':
      return spanExists([comparison]);
    case 'feedback':
    case 'expectation':
      return assessmentCondition(comparison, scope);
    case 'issue':
      return issueCondition(value as string);
    default: {
      const text = TEXTS[key];
      return text === undefined
        ? numberCondition(attributeColumn(key), operator as Exclude<TraceOperator, 'RLIKE'>, value)
        : matches(text, comparison);
    }
  }
}

/** A text compared in one of the ways that only traces know, or in any other. */
function matches(column: Sql, { operator, value }: Pick<TraceComparison, 'operator' | 'value'>): Sql {
  return operator === 'RLIKE' ? sql`${column} ~ ${value as string}` : textCondition(column, operator, value);
}

function labelCondition(column: Sql, { key, operator, value }: TraceComparison): Sql {
  if (operator === 'IS NULL') return sql`NOT (${column} ? ${key})`;
  if (operator === 'IS NOT NULL') return sql`${column} ? ${key}`;
  // So that the index of whole objects is of use.
  if (operator === '=') return sql`${column} @> ${jsonb({ [key]: value })}`;
  return matches(sql`${column}->>${key}`, { operator, value });
}

/** Two of them have an index of their own, which is only found by its own words. */
function metadataCondition(comparison: TraceComparison): Sql {
  const { key, operator, value } = comparison;
  if (operator === '=' && key === METADATA.session)
    return sql`(t.metadata ? 'mlflow.trace.session' AND t.metadata->>'mlflow.trace.session' = ${value as string})`;
  return labelCondition(sql`t.metadata`, comparison);
}

/** Traces that a run has made, and those that were linked to it later. Each has an index, which an OR would not use. */
function runCondition(runId: string): Sql {
  return sql`t.id IN (
    SELECT o.id FROM trace AS o WHERE o.metadata ? 'mlflow.sourceRun' AND o.metadata->>'mlflow.sourceRun' = ${runId}
    UNION ALL SELECT l.trace_id FROM trace_run AS l JOIN run AS r ON r.no = l.run_no WHERE r.id = ${runId})`;
}

const ATTRIBUTES = 'attributes.';
const COLUMNS: Readonly<Record<string, Sql>> = { name: sql`s.name`, type: sql`s.type`, status: sql`s.status` };

function spanExists(comparisons: readonly TraceComparison[]): Sql {
  return sql`EXISTS (SELECT 1 FROM span AS s WHERE s.trace_no = t.no AND ${join(comparisons.map(spanCondition), sql` AND `)})`;
}

function spanCondition(comparison: TraceComparison): Sql {
  const { key } = comparison;
  if (key.startsWith(ATTRIBUTES)) return attributeCondition(key.slice(ATTRIBUTES.length), comparison);
  const column = COLUMNS[key];
  if (column !== undefined) return matches(column, comparison);
  // All that a span says, for who looks for words.
  const texts = [sql`s.attributes::text`, sql`s.name`, sql`s.events::text`, sql`s.message`];
  return sql`(${join(
    texts.map((text) => matches(text, comparison)),
    sql` OR `,
  )})`;
}

/** Of an attribute the text that it is, or its JSON. To find letters in a text is much faster than to take JSON apart, so that comes first. */
function attributeCondition(name: string, comparison: TraceComparison): Sql {
  const condition = matches(sql`(s.attributes->>${name})`, comparison);
  const letters = lettersOf(comparison);
  return letters === undefined ? condition : sql`(CASE WHEN strpos(s.attributes::text, ${letters}) > 0 THEN ${condition} ELSE false END)`;
}

/** Letters that every text has which fulfils the comparison, also when it is written as JSON. */
function lettersOf({ operator, value }: TraceComparison): string | undefined {
  if ((operator !== '=' && operator !== 'LIKE') || typeof value !== 'string') return undefined;
  const runs = value.split(operator === '=' ? /["\\\p{Cc}]/u : /["\\%_\p{Cc}]/u);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return longest === '' ? undefined : longest;
}
