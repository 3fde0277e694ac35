import type { Tag } from './model.ts';
import { IS_PROMPT, PROMPT_TEXT, PROMPT_TYPE } from './prompt.ts';
import { eventName, type WebhookEvent } from './webhook.ts';

/** Something that webhooks are told: MLflow's event, and its data (`mlflow/webhooks/types.py`). */
export interface WebhookFact {
  readonly event: WebhookEvent;
  readonly data: Readonly<Record<string, unknown>>;
}

const record = (tags: readonly Tag[], ...without: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(tags.filter(({ key }) => !without.includes(key)).map(({ key, value }) => [key, value]));

export function modelCreated(name: string, tags: readonly Tag[], description: string, isPrompt: boolean): WebhookFact {
  return {
    event: { entity: isPrompt ? 'PROMPT' : 'REGISTERED_MODEL', action: 'CREATED' },
    data: { name, tags: isPrompt ? record(tags, IS_PROMPT, PROMPT_TYPE) : record(tags), description },
  };
}

export interface NewVersion {
  readonly name: string;
  readonly version: number;
  readonly source: string;
  readonly runId: string;
  readonly tags: readonly Tag[];
  readonly description: string;
}

export function versionCreated({ name, version, source, runId, tags, description }: NewVersion, isPrompt: boolean): WebhookFact {
  const of = { name, version: String(version) };
  const described = { description: description || null };
  if (!isPrompt)
    return {
      event: { entity: 'MODEL_VERSION', action: 'CREATED' },
      data: { ...of, source, run_id: runId || null, tags: record(tags), ...described },
    };
  const template = tags.findLast(({ key }) => key === PROMPT_TEXT)?.value ?? null;
  return {
    event: { entity: 'PROMPT_VERSION', action: 'CREATED' },
    data: { ...of, template, tags: record(tags, IS_PROMPT, PROMPT_TYPE, PROMPT_TEXT), ...described },
  };
}

/** Of a tag that was set to a value, or deleted. Webhooks are told of tags of prompts, and of no other models. */
export function modelTag(name: string, key: string, value: string | undefined, isPrompt: boolean): WebhookFact | undefined {
  return isPrompt ? tagged('PROMPT_TAG', { name, key }, value) : undefined;
}

export function versionTag(
  of: { readonly name: string; readonly version: number },
  key: string,
  value: string | undefined,
  isPrompt: boolean,
): WebhookFact {
  return tagged(isPrompt ? 'PROMPT_VERSION_TAG' : 'MODEL_VERSION_TAG', { name: of.name, version: String(of.version), key }, value);
}

function tagged(entity: WebhookEvent['entity'], data: WebhookFact['data'], value: string | undefined): WebhookFact {
  return value === undefined
    ? { event: { entity, action: 'DELETED' }, data }
    : { event: { entity, action: 'SET' }, data: { ...data, value } };
}

/** Of an alias that names a version now, or nothing any more. */
export function aliased(name: string, alias: string, version: number | undefined, isPrompt: boolean): WebhookFact {
  const entity = isPrompt ? 'PROMPT_ALIAS' : 'MODEL_VERSION_ALIAS';
  if (version === undefined) return { event: { entity, action: 'DELETED' }, data: { name, alias } };
  return { event: { entity, action: 'CREATED' }, data: { name, alias, version: String(version) } };
}

/** What a test sends. */
export function exampleOf(event: WebhookEvent): WebhookFact['data'] {
  return EXAMPLES[eventName(event)] ?? {};
}

const TAGS = { example_key: 'example_value' };
const TAG = { key: 'example_key', value: 'example_value' };
const MODEL = { name: 'example_model' };
const PROMPT = { name: 'example_prompt' };
const FIRST = { version: '1' };
const KEY = { key: TAG.key };
const ALIAS = { alias: 'example_alias' };

const EXAMPLES: Readonly<Record<string, WebhookFact['data']>> = {
  'registered_model.created': { ...MODEL, tags: TAGS, description: 'An example registered model' },
  'model_version.created': {
    ...MODEL,
    ...FIRST,
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags: TAGS,
    description: 'An example model version',
  },
  'model_version_tag.set': { ...MODEL, ...FIRST, ...TAG },
  'model_version_tag.deleted': { ...MODEL, ...FIRST, ...KEY },
  'model_version_alias.created': { ...MODEL, ...ALIAS, ...FIRST },
  'model_version_alias.deleted': { ...MODEL, ...ALIAS },
  'prompt.created': { ...PROMPT, tags: TAGS, description: 'An example prompt' },
  'prompt_version.created': {
    ...PROMPT,
    ...FIRST,
    template: 'Hello {{name}}!',
    tags: TAGS,
    description: 'An example prompt version',
  },
  'prompt_tag.set': { ...PROMPT, ...TAG },
  'prompt_tag.deleted': { ...PROMPT, ...KEY },
  'prompt_version_tag.set': { ...PROMPT, ...FIRST, ...TAG },
  'prompt_version_tag.deleted': { ...PROMPT, ...FIRST, ...KEY },
  'prompt_alias.created': { ...PROMPT, ...ALIAS, ...FIRST },
  'prompt_alias.deleted': { ...PROMPT, ...ALIAS },
  'budget_policy.exceeded': {
    budget_policy_id: 'bp-abc123',
    budget_unit: 'USD',
    budget_amount: 100,
    current_spend: 105.5,
    duration_unit: 'MONTHS',
    duration_value: 1,
    target_scope: 'ENDPOINT',
    workspace: 'default',
    target_value: 'ep-abc123',
    window_start: 1_704_067_200_000,
  },
};
