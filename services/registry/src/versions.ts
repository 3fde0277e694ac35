import type { CallMeta, Transaction } from '@mlab/kernel';
import {
  checkAlias,
  checkKey,
  checkModelName,
  mlflowError,
  modelVersionFilters,
  modelVersionOrder,
  parseFilter,
  parseOrderBy,
} from '@mlab/mlflow';
import { openChangeVersion } from '#/change-version.ts';
import type { Model, ModelVersion, Tag } from '#/domain/model.ts';
import { checkDescription, checkVersionTag } from '#/domain/names.ts';
import { isPrompt } from '#/domain/prompt.ts';
import { readPrompts } from '#/domain/prompt-filter.ts';
import { canonicalStage, checkArchiving } from '#/domain/stage.ts';
import { versionTag } from '#/domain/webhook-fact.ts';
import type { Who } from '#/domain/who.ts';
import type { RegistryOptions, SearchText } from '#/models.ts';
import { moveToStage } from '#/move-to-stage.ts';
import { mustFindModel, mustFindVersion, type VersionKey } from '#/must-find.ts';
import { removeAliases } from '#/remove-aliases.ts';
import { touchModel } from '#/store/models.ts';
import { searchVersions } from '#/store/search.ts';
import { deleteVersionTag, setVersionTag } from '#/store/tags.ts';
import {
  deleteVersion,
  describeVersion,
  findGreatestVersion,
  findVersionByAlias,
  listVersions,
  versionsInStage,
  type VersionPage,
} from '#/store/versions.ts';

export type Versions = ReturnType<typeof openVersions>;

/** What can be done with versions of models that are there, whatever protocol asks for it. */
export function openVersions({ database, journal, guard, nowMs }: RegistryOptions) {
  const change = openChangeVersion(database);

  const tagChanged = async (tx: Transaction, who: Who, { model, version, key, before, after }: TagChange): Promise<void> => {
    await journal.record(tx, who, {
      event: 'versionUpdated',
      data: { model: model.name, version: version.version, changed: `tag ${key}` },
      model,
      version: version.version,
      before: before === undefined ? undefined : { tag: { [key]: before } },
      after: after === undefined ? undefined : { tag: { [key]: after } },
      fact: versionTag(version, key, after, isPrompt(model.tags)),
    });
  };

  return {
    get: async (call: CallMeta, key: VersionKey): Promise<ModelVersion> => {
      checkModelName(key.name);
      return mustFindVersion(database.for(call), key);
    },

    /** `latest` is the greatest number, whatever its stage. Undefined: the alias names nothing. */
    findByAlias: async (call: CallMeta, name: string, alias: string): Promise<ModelVersion | undefined> => {
      checkModelName(name);
      checkAlias(alias);
      const db = database.for(call);
      const model = await mustFindModel(db, name);
      if (alias.toLowerCase() !== 'latest') return findVersionByAlias(db, model.id, alias);
      const greatest = await findGreatestVersion(db, model.id);
      if (greatest === undefined) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Latest version not found for model ${name}.`);
      return greatest;
    },

    search: async (call: CallMeta, { filter, orderBy, offset, limit }: SearchText): Promise<readonly ModelVersion[]> => {
      const order = parseOrderBy(modelVersionOrder, orderBy);
      return searchVersions(database.for(call), { ...readPrompts(parseFilter(modelVersionFilters, filter)), order, offset, limit });
    },

    /** The newest first. */
    list: async (call: CallMeta, name: string, page: VersionPage): Promise<readonly ModelVersion[]> => {
      checkModelName(name);
      const db = database.for(call);
      return listVersions(db, (await mustFindModel(db, name)).id, page);
    },

    /** Undefined takes the description away. */
    describe: async (call: CallMeta, who: Who, key: VersionKey, description: string | undefined): Promise<ModelVersion> => {
      checkDescription(description ?? '');
      return change(call, key, async (tx, version, model) => {
        await describeVersion(tx, version, description, nowMs());
        await journal.record(tx, who, {
          event: 'versionUpdated',
          data: { model: model.name, version: version.version, changed: 'description' },
          model,
          version: version.version,
          before: { description: version.description ?? '' },
          after: { description: description ?? '' },
        });
        return mustFindVersion(tx, key);
      });
    },

    /** `asked` is the stage as the client wrote it. `archiveOthers`: all others that are in it leave it. */
    transition: async (call: CallMeta, who: Who, key: VersionKey, { asked, archiveOthers }: Transition): Promise<ModelVersion> => {
      const stage = canonicalStage(asked);
      if (archiveOthers) checkArchiving(asked, stage);
      return change(call, key, async (tx, version, model) => {
        if (version.stage !== stage) await guard.mayEnter(tx, version, stage);
        const others = archiveOthers ? await versionsInStage(tx, version, stage) : [];
        for (const other of others) await moveToStage(tx, { journal, nowMs }, who, other, 'Archived');
        await moveToStage(tx, { journal, nowMs }, who, version, stage);
        await touchModel(tx, model.id, nowMs());
        return mustFindVersion(tx, key);
      });
    },

    delete: async (call: CallMeta, who: Who, key: VersionKey): Promise<void> =>
      change(call, key, async (tx, version, model) => {
        await guard.mayTakeAway(tx, model, version.aliases, `Deleting ${model.name} version ${version.version}`);
        await removeAliases(
          tx,
          journal,
          who,
          model,
          version.aliases.map((alias) => ({ alias, version: version.version })),
        );
        await deleteVersion(tx, version);
        await touchModel(tx, model.id, nowMs());
        const data = { model: model.name, version: version.version };
        await journal.record(tx, who, { event: 'versionDeleted', data, model, version: version.version, before: stateOf(version) });
      }),

    setTag: async (call: CallMeta, who: Who, key: VersionKey, tag: Tag): Promise<void> => {
      checkVersionTag(tag);
      return change(call, key, async (tx, version, model) => {
        await setVersionTag(tx, model.id, version.version, tag);
        const before = version.tags.find((other) => other.key === tag.key)?.value;
        await tagChanged(tx, who, { model, version, key: tag.key, before, after: tag.value });
      });
    },

    /** One that is not there stays so. */
    deleteTag: async (call: CallMeta, who: Who, key: VersionKey, tag: string): Promise<void> => {
      checkKey('tag', tag);
      return change(call, key, async (tx, version, model) => {
        const before = await deleteVersionTag(tx, model.id, version.version, tag);
        if (before !== undefined) await tagChanged(tx, who, { model, version, key: tag, before, after: undefined });
      });
    },
  };
}

interface Transition {
  readonly asked: string;
  readonly archiveOthers: boolean;
}

interface TagChange {
  readonly model: Model;
  readonly version: ModelVersion;
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What the audit log keeps of a version that is gone. */
const stateOf = ({ description, stage, source, runId, approval, aliases, tags }: ModelVersion) => ({
  description: description ?? '',
  stage,
  source,
  runId,
  approval,
  aliases,
  tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
});
