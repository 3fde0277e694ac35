import { registry } from '@mlab/contracts/registry';
import type { ListenersOf } from '@mlab/kernel';
import type { OpenedModels } from '#/models/open-models.ts';

const { aliasSet, aliasDeleted, modelDeleted, modelRenamed, versionArchived, versionDeleted, versionRegistered, versionRejected } =
  registry.events;

/** After each of these another version may answer. */
export const hears = {
  aliasSet,
  aliasDeleted,
  modelDeleted,
  modelRenamed,
  versionArchived,
  versionDeleted,
  versionRegistered,
  versionRejected,
};

/** What is known of a model is looked up anew as soon as it changes; without this it is after a while. */
export function listeners(models: OpenedModels): ListenersOf<typeof hears> {
  const changed = ({ data }: { readonly data: { readonly model: string } }): void => models.changed(data.model);
  return {
    aliasSet: changed,
    aliasDeleted: changed,
    modelDeleted: changed,
    modelRenamed: ({ data }) => {
      models.changed(data.from);
      models.changed(data.model);
    },
    versionArchived: changed,
    versionDeleted: changed,
    versionRegistered: changed,
    versionRejected: changed,
    missed: () => models.changedAll(),
  };
}
