import type { predictor } from '@mlab/contracts/predictor';
import type { ClientOf, Events, Peer } from '@mlab/kernel';
import { restCopies } from '#/service-b/rest.ts';
import type { Copies } from '#/service-b/service-b.ts';

/** Service B over the transport that was chosen; what only one of them needs is loaded with it. Throws a sentence where it cannot be. */
export async function copiesOver(
  transport: 'rest' | 'grpc' | 'queue',
  peer: Peer<ClientOf<typeof predictor>>,
  events: Events | undefined,
): Promise<Copies> {
  if (transport === 'rest') return restCopies(peer);
  if (transport === 'grpc') return (await import('#/service-b/grpc.ts')).grpcCopies(peer);
  if (events === undefined)
    throw new Error('MLAB_GATEWAY_TRANSPORT is queue, and there is no database, which carries queues: set DATABASE_URL, or take rest.');
  return (await import('#/service-b/queue.ts')).queueCopies(events);
}
