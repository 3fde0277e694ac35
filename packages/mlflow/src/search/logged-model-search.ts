import { IN, NUMERIC, TEXTUAL, type Column, type Entity, type FilterGrammar } from './grammar.ts';

/** As in MLflow's own example: `params.lr = 0.01` compares texts. */
const text: Column = { value: 'text', operators: [...TEXTUAL, ...IN], bareTexts: true };
const number: Column = { value: 'number', operators: NUMERIC };
const created: Column = { ...number, key: 'creation_timestamp' };
const updated: Column = { ...number, key: 'last_updated_timestamp' };

const attribute: Entity = {
  name: 'attribute',
  keys: {
    name: text,
    model_id: text,
    model_type: text,
    status: text,
    source_run_id: text,
    experiment_id: text,
    creation_timestamp: created,
    creation_time: created,
    creation_timestamp_ms: created,
    last_updated_timestamp: updated,
    last_updated_time: updated,
    last_updated_timestamp_ms: updated,
  },
};

/** How logged models are looked for. */
export const loggedModelFilters: FilterGrammar = {
  entities: {
    attributes: attribute,
    metrics: { name: 'metric', others: number },
    params: { name: 'param', others: text },
    tags: { name: 'tag', others: text },
  },
  bare: attribute,
  listed: "Expected one of ['attributes', 'metrics', 'params', 'tags'].",
  looseNames: true,
};
