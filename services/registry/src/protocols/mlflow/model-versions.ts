import type { modelVersionRoutes } from '@mlab/contracts/mlflow-registry';
import type { CallMeta, ForeignAnswer, ForeignRequest, RouteHandlers } from '@mlab/kernel';
import { answer, bool, checkModelName, int64, list, message, pageToken, readMessage, readPageToken, text } from '@mlab/mlflow';
import type { ModelVersion } from '#/domain/model.ts';
import { readVersion } from '#/domain/names.ts';
import type { VersionKey } from '#/must-find.ts';
import type { Register } from '#/register.ts';
import type { Versions } from '#/versions.ts';
import { pageSize } from './paging.ts';
import { versionShape } from './shapes.ts';
import { whoAsks } from './who-asks.ts';

const needed = text({ required: true });
const key = { name: needed, version: needed };
const Tag = message({ key: text({ default: '' }), value: text({ default: '' }) }, { required: true });
const Create = message(
  {
    name: needed,
    source: needed,
    run_id: text(),
    tags: list(Tag),
    run_link: text({ default: '' }),
    description: text({ default: '' }),
    model_id: text(),
  },
  { required: true },
);
const Key = message(key, { required: true });
/** Here MLflow itself requires nothing. */
const Download = message({ name: text({ default: '' }), version: text({ default: '' }) }, { required: true });
const Update = message({ ...key, description: text() }, { required: true });
const Transition = message({ ...key, stage: needed, archive_existing_versions: bool({ default: false }) }, { required: true });
const Search = message({ filter: text(), max_results: int64(), order_by: list(needed), page_token: text() }, { required: true });
const SetTag = message({ ...key, key: needed, value: text({ default: '' }) }, { required: true });
const DeleteTag = message({ ...key, key: needed }, { required: true });

const PAGE = { byDefault: 200_000, most: 200_000 };
const nothing = answer({});

export interface ModelVersionOptions {
  readonly register: Register;
  readonly versions: Versions;
}

function keyOf({ name, version }: { readonly name: string; readonly version: string }): VersionKey {
  // MLflow looks at it before the version.
  checkModelName(name);
  return { name, version: readVersion(version), shown: version };
}

const one = (version: ModelVersion): ForeignAnswer => answer({ model_version: versionShape(version, { withAliases: true }) });

export function modelVersionHandlers({ register, versions }: ModelVersionOptions): RouteHandlers<typeof modelVersionRoutes> {
  const get = (request: ForeignRequest, call: CallMeta): Promise<ModelVersion> => versions.get(call, keyOf(readMessage(Key, request)));

  return {
    createModelVersion: async (request, call) => {
      const { name, source, run_id: runId, tags, run_link: runLink, description, model_id: modelId } = readMessage(Create, request);
      const asked = { name, source, runId, modelId, tags, runLink, description, signature: undefined };
      return one(await register(call, whoAsks(request, call), { ...asked, createsModel: false, once: false, implied: false }));
    },
    updateModelVersion: async (request, call) => {
      const { description, ...rest } = readMessage(Update, request);
      return one(await versions.describe(call, whoAsks(request, call), keyOf(rest), description));
    },
    transitionModelVersionStage: async (request, call) => {
      const { stage: asked, archive_existing_versions: archiveOthers, ...rest } = readMessage(Transition, request);
      return one(await versions.transition(call, whoAsks(request, call), keyOf(rest), { asked, archiveOthers }));
    },
    deleteModelVersion: async (request, call) => {
      await versions.delete(call, whoAsks(request, call), keyOf(readMessage(Key, request)));
      return nothing;
    },
    getModelVersion: async (request, call) => one(await get(request, call)),
    searchModelVersions: async (request, call) => {
      const { filter, max_results, order_by: orderBy, page_token } = readMessage(Search, request);
      const size = pageSize(max_results, PAGE);
      const offset = readPageToken(page_token);
      const found = await versions.search(call, { filter, orderBy, offset, limit: size + 1 });
      const page = found.slice(0, size).map((version) => versionShape(version, { withAliases: false }));
      return answer({
        model_versions: page.length === 0 ? undefined : page,
        next_page_token: found.length > size ? pageToken(offset + size) : undefined,
      });
    },
    getModelVersionDownloadUri: async (request, call) => {
      const { location } = await versions.get(call, keyOf(readMessage(Download, request)));
      return answer({ artifact_uri: location });
    },
    setModelVersionTag: async (request, call) => {
      const { key, value, ...rest } = readMessage(SetTag, request);
      await versions.setTag(call, whoAsks(request, call), keyOf(rest), { key, value });
      return nothing;
    },
    deleteModelVersionTag: async (request, call) => {
      const { key, ...rest } = readMessage(DeleteTag, request);
      await versions.deleteTag(call, whoAsks(request, call), keyOf(rest), key);
      return nothing;
    },
  };
}
