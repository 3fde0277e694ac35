import { openInference } from '@mlab/contracts/open-inference';
import type { predictor } from '@mlab/contracts/predictor';
import { rowsAsBytes } from '@mlab/contracts/predictor-models';
import type { ClientOf, Instance, Peer } from '@mlab/kernel';
import { forReading, type Copies, type ServiceB } from '#/service-b/service-b.ts';

type Neighbour = ClientOf<typeof predictor>;

/** Each copy over HTTP, or in this process. */
export const restCopies = (peer: Peer<Neighbour>): Copies => ({
  carryBytes: true,
  now: () => peer.instances().map(overRest),
  onChange: (listener) => peer.onChange((instances) => listener(instances.map(overRest))),
});

/** What is large goes over HTTP also where all else does not: there it is carried as it is. */
export const unreadOver =
  (speak: Instance<Neighbour>['speak']): NonNullable<ServiceB['predictUnread']> =>
  ({ name, headers, body }, call) =>
    speak(rowsAsBytes, 'predictRows', { params: { name }, headers: forReading(headers), body }, call);

function overRest({ id, client, speak }: Instance<Neighbour>): ServiceB {
  return {
    id,
    predict: (input, call) => client.predict({ input }, call),
    predictRows: (asked, call) => client.predictRows(asked, call),
    explainRows: (asked, call) => client.explainRows(asked, call),
    predictUnread: unreadOver(speak),
    infer: ({ model, version, headers, body }, call) =>
      version === undefined
        ? speak(openInference, 'modelInfer', { params: { model }, headers, body }, call)
        : speak(openInference, 'versionInfer', { params: { model, version }, headers, body }, call),
  };
}
