import { IN, NUMERIC, TEXTUAL, type Column, type Entity, type FilterGrammar, type OrderGrammar } from './grammar.ts';

const text: Column = { value: 'text', operators: TEXTUAL };
const listed: Column = { value: 'text', operators: [...TEXTUAL, ...IN] };
const tag: Entity = { name: 'tag', others: text };
const model: Entity = { name: 'attribute', keys: { name: listed } };
const version: Entity = {
  name: 'attribute',
  keys: {
    name: listed,
    run_id: listed,
    source_path: text,
    version_number: { value: 'integer', operators: NUMERIC, quotedNumbers: true },
  },
};

const WORDS = "Valid entity types are ('attribute', 'tag', 'tags')";

/**
 * How registered models are looked for. Prompts have the tag `mlflow.prompt.is_prompt`; a filter on it must also match models that do not have
 * the tag, as if it were `false`.
 */
export const registeredModelFilters: FilterGrammar = { entities: { attribute: model, tag, tags: tag }, bare: model, listed: WORDS };

/** How versions of models are looked for; of prompts, see there. */
export const modelVersionFilters: FilterGrammar = { entities: { attribute: version, tag, tags: tag }, bare: version, listed: WORDS };

const updated = { key: 'last_updated_timestamp' };

/** How registered models are ordered: by name. Names of entities are not known here. */
export const registeredModelOrder: OrderGrammar = {
  entities: {},
  bare: { name: 'attribute', keys: { name: { key: 'name' }, timestamp: updated, last_updated_timestamp: updated } },
  listed: "Valid keys are '{'name', 'timestamp'}'",
  defaults: [],
  ties: [{ entity: 'attribute', key: 'name', ascending: true }],
};

const versionKeys: OrderGrammar['bare'] = {
  name: 'attribute',
  keys: {
    name: { key: 'name' },
    version_number: { key: 'version_number' },
    creation_timestamp: { key: 'creation_timestamp' },
    last_updated_timestamp: updated,
  },
};

/** How versions of models are ordered: what changed last comes first. */
export const modelVersionOrder: OrderGrammar = {
  entities: { attribute: versionKeys },
  bare: versionKeys,
  listed: WORDS,
  defaults: [{ entity: 'attribute', key: 'last_updated_timestamp', ascending: false }],
  ties: [
    { entity: 'attribute', key: 'name', ascending: true },
    { entity: 'attribute', key: 'version_number', ascending: false },
  ],
};
