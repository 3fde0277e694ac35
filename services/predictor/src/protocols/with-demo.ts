import type { ServedVersion } from '@mlab/contracts/predictor-models';
import { AppError, type CallMeta } from '@mlab/kernel';
import { DEMO, demoServed, isDemo } from '#/domain/demo-served.ts';
import type { ModelRef, Models, ServedModel } from '#/domain/served-model.ts';

/** What protocols ask: the models of the registry, and the demo model among them. */
export interface ProtocolModels extends Models {
  /** Also where it has failed before. */
  insist(ref: ModelRef, call: CallMeta): Promise<ServedModel>;
}

export function withDemo(models: ProtocolModels, random: () => number): ProtocolModels {
  const demo = demoServed(random);
  const listed: ServedVersion = { model: DEMO, version: demo.version, aliases: [], state: 'ready', backend: demo.backend, rows: 0 };
  return {
    standing: (ref) => (isDemo(ref) ? demo : models.standing(ref)),
    open: async (ref, call) => (isDemo(ref) ? demo : models.open(ref, call)),
    insist: async (ref, call) => (isDemo(ref) ? demo : models.insist(ref, call)),
    list: () => [listed, ...models.list().filter(({ model }) => model !== DEMO)],
    unload: async (ref) => {
      if (isDemo(ref)) throw new AppError('invalid', 'The demo model is part of the service and cannot be unloaded.');
      return models.unload(ref);
    },
  };
}
