import type { predictor } from '@mlab/contracts/predictor';
import type { ClientOf, Events, Peer } from '@mlab/kernel';
import { queueCopies } from '#/service-b/queue.ts';
import { restCopies } from '#/service-b/rest.ts';
import type { Copies } from '#/service-b/service-b.ts';

/** Service B over the transport that was chosen. Throws a sentence where that cannot be. */
export function copiesOver(
  transport: 'rest' | 'grpc' | 'queue',
  peer: Peer<ClientOf<typeof predictor>>,
  events: Events | undefined,
): Copies {
  if (transport === 'rest') return restCopies(peer);
  if (transport === 'grpc') throw new Error('MLAB_GATEWAY_TRANSPORT is grpc, which does not exist yet.');
  if (events === undefined)
    throw new Error('MLAB_GATEWAY_TRANSPORT is queue, and there is no database, which carries queues: set DATABASE_URL, or take rest.');
  return queueCopies(events);
}
