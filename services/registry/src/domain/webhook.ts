import { invalidParameter } from '@mlab/mlflow';

/** By MLflow's numbers for them, from 1. */
export const WEBHOOK_ENTITIES = [
  'REGISTERED_MODEL',
  'MODEL_VERSION',
  'MODEL_VERSION_TAG',
  'MODEL_VERSION_ALIAS',
  'PROMPT',
  'PROMPT_VERSION',
  'PROMPT_TAG',
  'PROMPT_VERSION_TAG',
  'PROMPT_ALIAS',
  'BUDGET_POLICY',
] as const;
export const WEBHOOK_ACTIONS = ['CREATED', 'UPDATED', 'DELETED', 'SET', 'EXCEEDED'] as const;
export const WEBHOOK_STATUSES = ['ACTIVE', 'DISABLED'] as const;

type Entity = (typeof WEBHOOK_ENTITIES)[number];
type Action = (typeof WEBHOOK_ACTIONS)[number];
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

/** What happens to which entity. Budgets belong to MLflow's gateway: they may be named here, and are never exceeded. */
const ACTIONS: Readonly<Record<Entity, readonly Action[]>> = {
  REGISTERED_MODEL: ['CREATED'],
  MODEL_VERSION: ['CREATED'],
  MODEL_VERSION_TAG: ['DELETED', 'SET'],
  MODEL_VERSION_ALIAS: ['CREATED', 'DELETED'],
  PROMPT: ['CREATED'],
  PROMPT_VERSION: ['CREATED'],
  PROMPT_TAG: ['DELETED', 'SET'],
  PROMPT_VERSION_TAG: ['DELETED', 'SET'],
  PROMPT_ALIAS: ['CREATED', 'DELETED'],
  BUDGET_POLICY: ['EXCEEDED'],
};

export interface WebhookEvent {
  readonly entity: Entity;
  readonly action: Action;
}

export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly status: WebhookStatus;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** As it is kept, and as deliveries show it: `model_version.created`. */
export const eventName = ({ entity, action }: WebhookEvent): string => `${entity}.${action}`.toLowerCase();

/** The other way, for names that `eventName` has made. */
export function eventOf(name: string): WebhookEvent {
  const [entity, action] = name.toUpperCase().split('.') as [Entity, Action];
  return { entity, action };
}

export function checkWebhookName(name: string): void {
  if (/^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name)) return;
  throw invalidParameter(
    `Webhook name '${name.slice(0, 100)}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and ` +
      'contain only letters, digits, dots (.), underscores (_), and hyphens (-).',
  );
}

/** Each of them once, in the order of MLflow's answers. */
export function checkWebhookEvents(events: readonly WebhookEvent[]): readonly WebhookEvent[] {
  if (events.length === 0) throw invalidParameter('Webhook events must be a non-empty list of WebhookEvent objects: [].');
  for (const { entity, action } of events) {
    const valid = ACTIONS[entity];
    if (valid.includes(action)) continue;
    const list = valid.map((each) => `'${each.toLowerCase()}'`).join(', ');
    throw invalidParameter(`Invalid action '${action.toLowerCase()}' for entity '${entity.toLowerCase()}'. Valid actions are: [${list}]`);
  }
  return [...new Set(events.map(eventName))].toSorted().map(eventOf);
}

/** How long to wait after so many failed attempts, in milliseconds: doubled with each, and drawn from the upper half of that. */
export function waitMs(
  failures: number,
  { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number },
  random: number,
): number {
  return Math.round(Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30)) * (0.5 + random / 2));
}
