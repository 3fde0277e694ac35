import { createHmac } from 'node:crypto';
import type { WebhookEvent } from '#/domain/webhook.ts';
import type { WebhookFact } from '#/domain/webhook-fact.ts';

/** The body of a message, as `mlflow/webhooks/delivery.py` makes it. */
export function messageBody({ entity, action }: WebhookEvent, data: WebhookFact['data'], at: Date): string {
  // As Python writes a time, which its own reader took for the only way until 3.11.
  const timestamp = at.toISOString().replace('Z', '000+00:00');
  return JSON.stringify({ entity: entity.toLowerCase(), action: action.toLowerCase(), timestamp, data });
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly secret: string | undefined;
  readonly at: Date;
}

/** Its headers; signed, where there is a secret: HMAC-SHA256 of `<delivery id>.<seconds since 1970>.<body>`, in base64. */
export function messageHeaders({ id, body, secret, at }: Message): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const headers = { 'Content-Type': 'application/json', 'X-MLflow-Delivery-Id': id, 'X-MLflow-Timestamp': timestamp };
  if (secret === undefined) return headers;
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'X-MLflow-Signature': `v1,${signature}` };
}
