import type { registeredModelRoutes } from '@mlab/contracts/mlflow-registry';
import type { CallMeta, ForeignAnswer, ForeignRequest, RouteHandlers } from '@mlab/kernel';
import { answer, int64, list, message, pageToken, readMessage, readPageToken, text } from '@mlab/mlflow';
import type { Aliases } from '#/aliases.ts';
import type { Model } from '#/domain/model.ts';
import { noAlias, readVersion } from '#/domain/names.ts';
import type { Models } from '#/models.ts';
import type { Versions } from '#/versions.ts';
import { pageSize } from './paging.ts';
import { modelShape, versionShape } from './shapes.ts';
import { whoAsks } from './who-asks.ts';

const needed = text({ required: true });
const Tag = message({ key: text({ default: '' }), value: text({ default: '' }) }, { required: true });
const Create = message({ name: needed, tags: list(Tag), description: text({ default: '' }) }, { required: true });
const Named = message({ name: needed }, { required: true });
const Rename = message({ name: needed, new_name: needed }, { required: true });
const Update = message({ name: needed, description: text({ default: '' }) }, { required: true });
const Latest = message({ name: needed, stages: list(needed) }, { required: true });
const Search = message({ filter: text(), max_results: int64(), order_by: list(needed), page_token: text() }, { required: true });
const SetTag = message({ name: needed, key: needed, value: text({ default: '' }) }, { required: true });
const DeleteTag = message({ name: needed, key: needed }, { required: true });
const Alias = message({ name: needed, alias: needed }, { required: true });
const SetAlias = message({ name: needed, alias: needed, version: needed }, { required: true });

const PAGE = { byDefault: 100, most: 1000 };
const nothing = answer({});

export interface RegisteredModelOptions {
  readonly models: Models;
  readonly versions: Versions;
  readonly aliases: Aliases;
}

export function registeredModelHandlers({
  models,
  versions,
  aliases,
}: RegisteredModelOptions): RouteHandlers<typeof registeredModelRoutes> {
  const one = async (call: CallMeta, model: Model): Promise<ForeignAnswer> =>
    answer({ registered_model: modelShape(model, await models.getLatest(call, [model])) });

  const getLatest = async (request: ForeignRequest, call: CallMeta): Promise<ForeignAnswer> => {
    const { name, stages } = readMessage(Latest, request);
    const found = await models.getLatest(call, [await models.get(call, name)], stages);
    return answer(found.length === 0 ? {} : { model_versions: found.map((version) => versionShape(version, { withAliases: true })) });
  };

  return {
    createRegisteredModel: async (request, call) =>
      one(call, await models.create(call, whoAsks(request, call), readMessage(Create, request))),
    renameRegisteredModel: async (request, call) => {
      const { name, new_name } = readMessage(Rename, request);
      return one(call, await models.rename(call, whoAsks(request, call), name, new_name));
    },
    updateRegisteredModel: async (request, call) => {
      const { name, description } = readMessage(Update, request);
      return one(call, await models.describe(call, whoAsks(request, call), name, description));
    },
    deleteRegisteredModel: async (request, call) => {
      await models.delete(call, whoAsks(request, call), readMessage(Named, request).name);
      return nothing;
    },
    getRegisteredModel: async (request, call) => one(call, await models.get(call, readMessage(Named, request).name)),
    searchRegisteredModels: async (request, call) => {
      const { filter, max_results, order_by: orderBy, page_token } = readMessage(Search, request);
      const size = pageSize(max_results, PAGE);
      const offset = readPageToken(page_token);
      const found = await models.search(call, { filter, orderBy, offset, limit: size + 1 });
      const page = found.slice(0, size);
      const latest = Map.groupBy(await models.getLatest(call, page), ({ modelId }) => modelId);
      return answer({
        registered_models: page.length === 0 ? undefined : page.map((model) => modelShape(model, latest.get(model.id) ?? [])),
        next_page_token: found.length > size ? pageToken(offset + size) : undefined,
      });
    },
    getLatestVersions: getLatest,
    getLatestVersionsByQuery: getLatest,
    setRegisteredModelTag: async (request, call) => {
      const { name, key, value } = readMessage(SetTag, request);
      await models.setTag(call, whoAsks(request, call), name, { key, value });
      return nothing;
    },
    deleteRegisteredModelTag: async (request, call) => {
      const { name, key } = readMessage(DeleteTag, request);
      await models.deleteTag(call, whoAsks(request, call), name, key);
      return nothing;
    },
    setRegisteredModelAlias: async (request, call) => {
      const { name, alias, version } = readMessage(SetAlias, request);
      await aliases.set(call, whoAsks(request, call), { name, alias, version: readVersion(version), shown: version });
      return nothing;
    },
    deleteRegisteredModelAlias: async (request, call) => {
      const { name, alias } = readMessage(Alias, request);
      await aliases.delete(call, whoAsks(request, call), name, alias);
      return nothing;
    },
    getModelVersionByAlias: async (request, call) => {
      const { name, alias } = readMessage(Alias, request);
      const version = await versions.findByAlias(call, name, alias);
      if (version === undefined) throw noAlias(alias);
      return answer({ model_version: versionShape(version, { withAliases: true }) });
    },
  };
}
