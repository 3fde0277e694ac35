import { openInference } from '@mlab/contracts/open-inference';
import type { predictor } from '@mlab/contracts/predictor';
import type { ClientOf, Instance, Peer } from '@mlab/kernel';
import type { Copies, ServiceB } from '#/service-b/service-b.ts';

type Neighbour = ClientOf<typeof predictor>;

/** Each copy over HTTP, or in this process. */
export const restCopies = (peer: Peer<Neighbour>): Copies => ({
  now: () => peer.instances().map(overRest),
  onChange: (listener) => peer.onChange((instances) => listener(instances.map(overRest))),
});

function overRest({ id, client, speak }: Instance<Neighbour>): ServiceB {
  return {
    id,
    predict: (input, call) => client.predict({ input }, call),
    predictRows: (asked, call) => client.predictRows(asked, call),
    explainRows: (asked, call) => client.explainRows(asked, call),
    infer: ({ model, version, headers, body }, call) =>
      version === undefined
        ? speak(openInference, 'modelInfer', { params: { model }, headers, body }, call)
        : speak(openInference, 'versionInfer', { params: { model, version }, headers, body }, call),
  };
}
