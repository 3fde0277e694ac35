import type { webhookRoutes } from '@mlab/contracts/mlflow-registry';
import type { ForeignRequest, RouteHandlers } from '@mlab/kernel';
import { answer, int64, invalidParameter, list, message, oneOf, pageToken, readMessage, readPageToken, text } from '@mlab/mlflow';
import { WEBHOOK_ACTIONS, WEBHOOK_ENTITIES, WEBHOOK_STATUSES } from '#/domain/webhook.ts';
import type { Webhooks } from '#/webhooks/webhooks.ts';
import { webhookShape } from './shapes.ts';
import { whoAsks } from './who-asks.ts';

const event = { entity: oneOf(WEBHOOK_ENTITIES, { required: true }), action: oneOf(WEBHOOK_ACTIONS, { required: true }) };
const Event = message(event, { required: true });
const Create = message(
  {
    name: text({ required: true }),
    url: text({ required: true }),
    events: list(Event, { required: true }),
    description: text(),
    secret: text(),
    status: oneOf(WEBHOOK_STATUSES),
  },
  { required: true },
);
const List = message({ max_results: int64(), page_token: text() }, { required: true });
const Update = message(
  { name: text(), description: text(), url: text(), events: list(Event), secret: text(), status: oneOf(WEBHOOK_STATUSES) },
  { required: true },
);
const Test = message({ event: message(event) }, { required: true });

const PAGE = 100;
const MOST = 1000;

const idOf = ({ params }: ForeignRequest): string => params['webhook_id'] ?? '';

export function webhookHandlers(webhooks: Webhooks): RouteHandlers<typeof webhookRoutes> {
  return {
    createWebhook: async (request, call) => {
      const { name, url, events, description, secret, status } = readMessage(Create, request);
      const made = { name, url, events, description: description || undefined, secret: secret || undefined, status };
      return answer({ webhook: webhookShape(await webhooks.create(call, whoAsks(request, call), made)) });
    },
    listWebhooks: async (request, call) => {
      const { max_results, page_token } = readMessage(List, request);
      const size = max_results || PAGE;
      if (size < 1 || size > MOST) throw invalidParameter(`max_results must be between 1 and ${MOST}.`);
      const offset = readPageToken(page_token);
      const found = await webhooks.list(call, { offset, limit: size + 1 });
      return answer({
        webhooks: found.length === 0 ? undefined : found.slice(0, size).map(webhookShape),
        next_page_token: found.length > size ? pageToken(offset + size) : undefined,
      });
    },
    getWebhook: async (request, call) => answer({ webhook: webhookShape(await webhooks.get(call, idOf(request))) }),
    updateWebhook: async (request, call) => {
      const { name, description, url, events, secret, status } = readMessage(Update, request);
      const changes = {
        name: name || undefined,
        description,
        url: url || undefined,
        secret,
        status,
        events: events.length === 0 ? undefined : events,
      };
      return answer({ webhook: webhookShape(await webhooks.update(call, whoAsks(request, call), idOf(request), changes)) });
    },
    deleteWebhook: async (request, call) => {
      await webhooks.delete(call, whoAsks(request, call), idOf(request));
      return answer({});
    },
    testWebhook: async (request, call) => {
      const { event: tested } = readMessage(Test, request);
      const { success, status, body, error } = await webhooks.test(call, idOf(request), tested);
      return answer({ result: { success, response_status: status, response_body: body || undefined, error_message: error } });
    },
  };
}
