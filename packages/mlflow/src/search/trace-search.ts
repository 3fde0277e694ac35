import { invalidParameter } from '#/errors.ts';
import type { Comparison, TraceOperator } from './filter.ts';
import { IN, NUMERIC, PRESENCE, TEXTUAL, type Column, type Entity, type FilterGrammar, type OrderGrammar } from './grammar.ts';

type TraceColumn = Column<TraceOperator>;
type TraceEntity = Entity<TraceOperator>;

const listed: TraceColumn = { value: 'text', operators: [...TEXTUAL, 'RLIKE', ...IN] };
const label: TraceColumn = { value: 'text', operators: [...TEXTUAL, 'RLIKE', ...PRESENCE] };
const content: TraceColumn = { value: 'text', operators: ['LIKE', 'ILIKE'] };
const number = (key: string): TraceColumn => ({ value: 'number', operators: NUMERIC, quotedNumbers: true, key });
const started = number('timestamp_ms');
const took = number('execution_time_ms');
const ended = number('end_time_ms');

/** Prompts are linked to traces by `name/version`. */
const prompt: TraceColumn = {
  value: 'text',
  operators: ['='],
  entity: 'tag',
  key: 'mlflow.linkedPrompts',
  settle: (comparison) => {
    const { value } = comparison;
    if (String(value).split('/').length === 2) return comparison;
    throw invalidParameter(`Invalid prompts filter value '${String(value)}'. Expected format: prompt = "name/version"`);
  },
};

const attribute: TraceEntity = {
  name: 'attribute',
  keys: {
    request_id: listed,
    client_request_id: listed,
    status: listed,
    timestamp: started,
    timestamp_ms: started,
    execution_time: took,
    execution_time_ms: took,
    end_time: ended,
    end_time_ms: ended,
    name: { ...label, entity: 'tag', key: 'mlflow.traceName' },
    run_id: { ...label, entity: 'metadata', key: 'mlflow.sourceRun' },
    prompt,
    text: { ...content, entity: 'span', key: 'content' },
  },
};
const tag: TraceEntity = { name: 'tag', keys: { 'mlflow.linkedPrompts': prompt }, others: label };
const metadata: TraceEntity = { name: 'metadata', others: label };
const span: TraceEntity = {
  name: 'span',
  keys: { name: listed, type: listed, status: listed, content },
  others: { ...listed, settle: settleSpanAttribute },
};
const assessment: TraceColumn = {
  value: 'either',
  operators: [...NUMERIC, 'LIKE', 'ILIKE', 'RLIKE', ...PRESENCE],
  settle: settleAssessment,
};
const issue: TraceEntity = { name: 'issue', keys: { id: { value: 'text', operators: ['='] } } };

const WORDS =
  "Valid values are {'tag', 'tags', 'request_metadata', 'metadata', 'attribute', 'attributes', 'trace', 'span', 'feedback', 'expectation', 'issue'}";

/** How traces are looked for. A key of a span is one of its columns, `content`, or `attributes.` with the name of an attribute. */
export const traceFilters: FilterGrammar<TraceOperator> = {
  entities: {
    tag,
    tags: tag,
    request_metadata: metadata,
    metadata,
    attribute,
    attributes: attribute,
    trace: attribute,
    span,
    feedback: { name: 'feedback', others: assessment },
    expectation: { name: 'expectation', others: assessment },
    issue,
  },
  bare: attribute,
  listed: WORDS,
};

const ATTRIBUTES = 'attributes.';

function settleSpanAttribute(comparison: Comparison<TraceOperator>): Comparison<TraceOperator> {
  const { key } = comparison;
  const name = key.startsWith(ATTRIBUTES) ? key.slice(ATTRIBUTES.length).replace(/^`(.*)`$/s, '$1') : '';
  if (name !== '') return { ...comparison, key: ATTRIBUTES + name };
  throw invalidParameter(
    `Invalid span attribute '${key}'. Supported attributes: name, status, type, content, attributes.<attribute_name>, with a name that is not empty.`,
  );
}

const ORDERED: ReadonlySet<TraceOperator> = new Set(['>', '>=', '<', '<=']);

/** Numbers have an order; whether they are equal MLflow asks only of texts. */
function settleAssessment(comparison: Comparison<TraceOperator>): Comparison<TraceOperator> {
  const { entity, operator, value } = comparison;
  if (value === undefined || ORDERED.has(operator) === (typeof value === 'number')) return comparison;
  throw invalidParameter(
    ORDERED.has(operator)
      ? `Expected a numeric value for ${entity} when using comparator '${operator}'. Got value ${String(value)}`
      : `Expected a quoted string value for ${entity} (e.g. 'my-value'). Got value ${String(value)}`,
  );
}

const any = (name: string): OrderGrammar['bare'] => ({ name, keys: 'any' });
const attributes: OrderGrammar['bare'] = {
  name: 'attribute',
  keys: {
    experiment_id: { key: 'experiment_id' },
    timestamp: { key: 'timestamp_ms' },
    timestamp_ms: { key: 'timestamp_ms' },
    execution_time: { key: 'execution_time_ms' },
    execution_time_ms: { key: 'execution_time_ms' },
    end_time: { key: 'end_time_ms' },
    end_time_ms: { key: 'end_time_ms' },
    status: { key: 'status' },
    request_id: { key: 'request_id' },
    name: { entity: 'tag', key: 'mlflow.traceName' },
    run_id: { entity: 'metadata', key: 'mlflow.sourceRun' },
  },
};

/** How traces are ordered: the newest first. */
export const traceOrder: OrderGrammar = {
  entities: {
    tag: any('tag'),
    tags: any('tag'),
    request_metadata: any('metadata'),
    metadata: any('metadata'),
    attribute: attributes,
    attributes,
    trace: attributes,
  },
  bare: attributes,
  listed: WORDS,
  defaults: [],
  ties: [
    { entity: 'attribute', key: 'timestamp_ms', ascending: false },
    { entity: 'attribute', key: 'request_id', ascending: true },
  ],
};
