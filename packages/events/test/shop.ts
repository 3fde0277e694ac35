import { defineContract, event, queue } from '@mlab/kernel';
import { Type } from '@mlab/schema';

const Order = Type.Object({ order: Type.Integer(), note: Type.Optional(Type.String()) });
const base = { label: 'Shop', description: '', wire: 'problem', operations: {} } as const;

/** What the tests publish and hear: a shop that tells of orders, and a packer that packs them. */
export const shop = defineContract({
  ...base,
  name: 'shop',
  title: 'Shop',
  port: 0,
  events: {
    placed: event('shop.order-placed@1', { summary: 'An order was placed.', data: Order }),
    anything: event('shop.anything-said@1', { summary: 'Whatever.', data: Type.Unknown() }),
  },
});

export const packer = defineContract({
  ...base,
  name: 'packer',
  title: 'Packer',
  port: 0,
  queues: {
    pack: queue('packer.order-packing-asked@1', {
      summary: 'Packs an order.',
      input: Order,
      output: Type.Object({ parcel: Type.String() }),
    }),
  },
});

export const listener = defineContract({ ...base, name: 'listener', title: 'Listener', port: 0 });

/** The same as `shop.placed`, with data that the shop's own schema would refuse. */
export const unruly = defineContract({
  ...shop,
  events: { placed: event('shop.order-placed@1', { summary: 'An order was placed.', data: Type.Unknown() }) },
});
