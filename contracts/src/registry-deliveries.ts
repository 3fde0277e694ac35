import { operation } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { next, paging } from './registry-paging.ts';
import { Delivery, DELIVERY_STATES, type DeliveryState } from './registry-schemas.ts';

/** What was sent to webhooks. */
export const deliveryOperations = {
  listDeliveries: operation('GET /webhook-deliveries', {
    summary: 'What was sent to webhooks, or is to be, the latest first',
    scope: 'registry:webhooks',
    input: Type.Object({
      webhook: Type.Optional(Type.String({ maxLength: 64 })),
      state: Type.Optional(Type.Unsafe<DeliveryState>({ type: 'string', enum: DELIVERY_STATES })),
      ...paging,
    }),
    output: Type.Object({ items: Type.Array(Delivery), next }, { title: 'Deliveries' }),
  }),
  redriveDelivery: operation('POST /webhook-deliveries/:id/redrive', {
    summary: 'Send again what has failed',
    scope: 'registry:webhooks',
    input: Type.Object({ id: Type.String({ maxLength: 64 }) }),
    output: Delivery,
  }),
};
