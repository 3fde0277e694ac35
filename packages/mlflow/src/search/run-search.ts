import { IN, NUMERIC, PRESENCE, TEXTUAL, type Column, type Entity, type FilterGrammar, type OrderGrammar } from './grammar.ts';

const number: Column = { value: 'number', operators: NUMERIC };
const text: Column = { value: 'text', operators: TEXTUAL };
const label: Column = { value: 'text', operators: [...TEXTUAL, ...PRESENCE] };
const listed: Column = { value: 'text', operators: [...TEXTUAL, ...IN] };
const runName: Column = { ...text, key: 'run_name' };
const created: Column = { ...number, key: 'start_time' };

const metric: Entity = { name: 'metric', others: number };
const param: Entity = { name: 'param', others: label };
const tag: Entity = { name: 'tag', others: label };
const dataset: Entity = { name: 'dataset', keys: { name: listed, digest: listed, context: listed } };
const attribute: Entity = {
  name: 'attribute',
  keys: {
    run_id: listed,
    run_name: text,
    'run name': runName,
    'Run name': runName,
    'Run Name': runName,
    status: text,
    user_id: text,
    artifact_uri: text,
    start_time: number,
    created,
    Created: created,
    end_time: number,
  },
};

const WORDS = "Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']";

/** How runs are looked for. `run_name` stands for the tag `mlflow.runName`. */
export const runFilters: FilterGrammar = {
  entities: {
    metric,
    metrics: metric,
    parameter: param,
    parameters: param,
    param,
    params: param,
    tag,
    tags: tag,
    attribute,
    attributes: attribute,
    attr: attribute,
    run: attribute,
    dataset,
    datasets: dataset,
  },
  bare: attribute,
  listed: WORDS,
};

const any = (name: string): OrderGrammar['bare'] => ({ name, keys: 'any' });
const start = { key: 'start_time' };
const attributes: OrderGrammar['bare'] = {
  name: 'attribute',
  keys: {
    run_id: { key: 'run_id' },
    run_name: { key: 'run_name' },
    status: { key: 'status' },
    user_id: { key: 'user_id' },
    artifact_uri: { key: 'artifact_uri' },
    start_time: start,
    created: start,
    Created: start,
    end_time: { key: 'end_time' },
  },
};

/** How runs are ordered: missing values last in either direction, NaN before them. */
export const runOrder: OrderGrammar = {
  entities: {
    metric: any('metric'),
    metrics: any('metric'),
    parameter: any('param'),
    parameters: any('param'),
    param: any('param'),
    params: any('param'),
    tag: any('tag'),
    tags: any('tag'),
    attribute: attributes,
    attributes,
    attr: attributes,
    run: attributes,
  },
  bare: attributes,
  listed: WORDS,
  defaults: [],
  ties: [
    { entity: 'attribute', key: 'start_time', ascending: false },
    { entity: 'attribute', key: 'run_id', ascending: true },
  ],
};
