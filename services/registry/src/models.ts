import { STAGES } from '@mlab/contracts/registry-schemas';
import type { CallMeta, Database, Transaction } from '@mlab/kernel';
import { checkKey, checkModelName, parseFilter, parseOrderBy, registeredModelFilters, registeredModelOrder } from '@mlab/mlflow';
import { alreadyExists, checkNewModel, createModel, type NewModel } from '#/create-model.ts';
import type { Model, ModelVersion, Tag } from '#/domain/model.ts';
import { checkDescription, checkModelTag } from '#/domain/names.ts';
import { isPrompt } from '#/domain/prompt.ts';
import { readPrompts } from '#/domain/prompt-filter.ts';
import { canonicalStage } from '#/domain/stage.ts';
import { modelTag } from '#/domain/webhook-fact.ts';
import type { Who } from '#/domain/who.ts';
import type { Guard } from '#/guard.ts';
import type { Journal } from '#/journal.ts';
import { mustFindModel, mustLockModel } from '#/must-find.ts';
import { deleteModel, describeModel, renameModel } from '#/store/models.ts';
import { searchModels } from '#/store/search.ts';
import { deleteModelTag, setModelTag } from '#/store/tags.ts';
import { latestVersions } from '#/store/versions.ts';

export interface RegistryOptions {
  readonly database: Database;
  readonly journal: Journal;
  readonly guard: Guard;
  readonly nowMs: () => number;
}

export interface SearchText {
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly offset: number;
  readonly limit: number;
  /** Only names behind this one. */
  readonly behind?: string | undefined;
}

export type Models = ReturnType<typeof openModels>;

/** What can be done with registered models, whatever protocol asks for it. */
export function openModels({ database, journal, guard, nowMs }: RegistryOptions) {
  const change = <T>(call: CallMeta, name: string, work: (tx: Transaction, model: Model) => Promise<T>): Promise<T> => {
    checkModelName(name);
    return database.transaction(call, async (tx) => work(tx, await mustLockModel(tx, name)));
  };

  const tagChanged = async (tx: Transaction, who: Who, model: Model, { key, before, after }: TagChange): Promise<void> => {
    const tags = [...model.tags.filter((tag) => tag.key !== key), ...(after === undefined ? [] : [{ key, value: after }])];
    await journal.record(tx, who, {
      event: 'modelUpdated',
      data: { model: model.name, changed: `tag ${key}` },
      model,
      before: before === undefined ? undefined : { tag: { [key]: before } },
      after: after === undefined ? undefined : { tag: { [key]: after } },
      fact: modelTag(model.name, key, after, isPrompt(tags)),
    });
  };

  return {
    create: (call: CallMeta, who: Who, made: NewModel): Promise<Model> => {
      checkNewModel(made);
      return database.transaction(call, async (tx) => {
        const isNew = await createModel(tx, { journal, nowMs }, who, made);
        const model = await mustFindModel(tx, made.name);
        if (isNew) return model;
        throw alreadyExists(made.name, isPrompt(model.tags), isPrompt(made.tags));
      });
    },

    get: async (call: CallMeta, name: string): Promise<Model> => {
      checkModelName(name);
      return mustFindModel(database.for(call), name);
    },

    /** The greatest version of each model in each stage; those of one model by their numbers. */
    getLatest: async (call: CallMeta, models: readonly Model[], stages: readonly string[] = []): Promise<readonly ModelVersion[]> => {
      const wanted = stages.length === 0 ? STAGES : [...new Set(stages.map(canonicalStage))];
      const ids = models.filter(({ lastVersion }) => lastVersion > 0).map(({ id }) => id);
      return ids.length === 0 ? [] : latestVersions(database.for(call), ids, wanted);
    },

    search: async (call: CallMeta, { filter, orderBy, ...page }: SearchText): Promise<readonly Model[]> => {
      const order = parseOrderBy(registeredModelOrder, orderBy);
      return searchModels(database.for(call), { ...readPrompts(parseFilter(registeredModelFilters, filter)), order, ...page });
    },

    rename: async (call: CallMeta, who: Who, name: string, newName: string): Promise<Model> => {
      checkModelName(newName, 'new_name');
      return change(call, name, async (tx, model) => {
        if (!(await renameModel(tx, model.id, newName, nowMs()))) throw alreadyExists(newName, false, false);
        if (newName !== name)
          await journal.record(tx, who, {
            event: 'modelRenamed',
            data: { model: newName, from: name },
            model: { id: model.id, name: newName },
            before: { name },
            after: { name: newName },
          });
        return mustFindModel(tx, newName);
      });
    },

    describe: async (call: CallMeta, who: Who, name: string, description: string): Promise<Model> => {
      checkDescription(description);
      return change(call, name, async (tx, model) => {
        await describeModel(tx, model.id, description, nowMs());
        await journal.record(tx, who, {
          event: 'modelUpdated',
          data: { model: name, changed: 'description' },
          model,
          before: { description: model.description ?? '' },
          after: { description },
        });
        return mustFindModel(tx, name);
      });
    },

    delete: async (call: CallMeta, who: Who, name: string): Promise<void> =>
      change(call, name, async (tx, model) => {
        await guard.mayTakeAway(
          tx,
          model,
          model.aliases.map(({ alias }) => alias),
          `Deleting ${name}`,
        );
        const versions = await deleteModel(tx, model.id);
        await journal.record(tx, who, { event: 'modelDeleted', data: { model: name, versions }, model, before: stateOf(model) });
      }),

    setTag: async (call: CallMeta, who: Who, name: string, tag: Tag): Promise<void> => {
      checkModelTag(tag);
      return change(call, name, async (tx, model) => {
        const before = model.tags.find(({ key }) => key === tag.key)?.value;
        await setModelTag(tx, model.id, tag);
        await tagChanged(tx, who, model, { key: tag.key, before, after: tag.value });
      });
    },

    /** One that is not there stays so. */
    deleteTag: async (call: CallMeta, who: Who, name: string, key: string): Promise<void> => {
      checkKey('tag', key);
      return change(call, name, async (tx, model) => {
        const before = await deleteModelTag(tx, model.id, key);
        if (before !== undefined) await tagChanged(tx, who, model, { key, before, after: undefined });
      });
    },
  };
}

interface TagChange {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What the audit log keeps of a model that is gone. */
const stateOf = ({ description, tags, aliases, lastVersion }: Model) => ({
  description: description ?? '',
  tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
  aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])),
  lastVersion,
});
