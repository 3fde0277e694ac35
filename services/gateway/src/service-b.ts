import { predictor, type PredictionResponse } from '@mlab/contracts/predictor';
import type { CallMeta, ClientOf, Clock, Instance, Peer } from '@mlab/kernel';
import type { Upstream } from '#/domain/upstream.ts';

export type ServiceB = Instance<ClientOf<typeof predictor>>;

/** Keeps the upstream's list of instances as it is found, and asks one of them for a prediction. */
export function askServiceB(
  upstream: Upstream<ServiceB>,
  peer: Peer<ClientOf<typeof predictor>>,
  clock: Clock,
): (input: string, call: CallMeta) => Promise<PredictionResponse> {
  upstream.setInstances(peer.instances());
  peer.onChange((instances) => upstream.setInstances(instances));
  const { safe } = predictor.operations.predict;
  return (input, { caller, trace, deadline, signal }) =>
    upstream.call(
      ({ client }, attemptSignal, remainingMs) =>
        client.predict({ input }, { caller, trace, deadline: clock.monotonic() + remainingMs, signal: attemptSignal }),
      { signal, deadline, safe },
    );
}
