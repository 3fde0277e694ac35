import type { registry } from '@mlab/contracts/registry';
import type { ConsumersOf } from '@mlab/kernel';
import { addModelVersion, MODEL_VERSIONS_TAG } from '#/domain/model-versions.ts';
import { lockModelTag, setModelTags } from '#/store/logged-models.ts';

/** What tracking hears of the registry: MLflow's server, which is both, notes with a logged model what it was registered as. */
export const consumers = (): ConsumersOf<{ versionRegistered: typeof registry.events.versionRegistered }> => ({
  versionRegistered: async ({ data: { loggedModelId, model, version, isPrompt } }, { tx }) => {
    if (loggedModelId === undefined || isPrompt) return;
    const known = await lockModelTag(tx, loggedModelId, MODEL_VERSIONS_TAG);
    if (known === undefined) return;
    const value = addModelVersion(known.value, model, version);
    if (value !== undefined) await setModelTags(tx, known.no, [{ key: MODEL_VERSIONS_TAG, value }]);
  },
});
