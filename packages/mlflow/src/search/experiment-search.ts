import { IN, NUMERIC, PRESENCE, TEXTUAL, type Column, type Entity, type FilterGrammar, type OrderGrammar } from './grammar.ts';

const time: Column = { value: 'integer', operators: NUMERIC };
const tag: Entity = { name: 'tag', others: { value: 'text', operators: [...TEXTUAL, ...PRESENCE] } };
const attribute: Entity = {
  name: 'attribute',
  keys: {
    name: { value: 'text', operators: TEXTUAL },
    experiment_id: { value: 'id', operators: ['=', '!=', ...IN] },
    creation_time: time,
    last_update_time: time,
  },
};

const WORDS = "Valid entity types are ('attribute', 'tag', 'tags')";

/** How experiments are looked for. */
export const experimentFilters: FilterGrammar = { entities: { attribute, tag, tags: tag }, bare: attribute, listed: WORDS };

const attributes: OrderGrammar['bare'] = {
  name: 'attribute',
  keys: {
    name: { key: 'name' },
    experiment_id: { key: 'experiment_id' },
    creation_time: { key: 'creation_time' },
    last_update_time: { key: 'last_update_time' },
  },
};

/** How experiments are ordered: the newest first. */
export const experimentOrder: OrderGrammar = {
  entities: { attribute: attributes },
  bare: attributes,
  listed: WORDS,
  defaults: [
    { entity: 'attribute', key: 'creation_time', ascending: false },
    { entity: 'attribute', key: 'experiment_id', ascending: true },
  ],
  ties: [{ entity: 'attribute', key: 'experiment_id', ascending: false }],
  twice: true,
};
