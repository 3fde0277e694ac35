import type { experimentRoutes } from '@mlab/contracts/mlflow-tracking';
import type { CallMeta, ForeignRequest, RouteHandlers } from '@mlab/kernel';
import { answer, int64, list, message, oneOf, pageToken, readMessage, readPageToken, text } from '@mlab/mlflow';
import type { Experiments } from '#/experiments.ts';
import { pageSize, stagesOf, VIEWS } from './paging.ts';
import { experimentShape, unlessEmpty } from './shapes.ts';

const Tag = message({ key: text({ default: '' }), value: text({ default: '' }) }, { required: true });
const Create = message({ name: text({ required: true }), artifact_location: text(), tags: list(Tag) }, { required: true });
const ById = message({ experiment_id: text({ required: true }) }, { required: true });
const ByName = message({ experiment_name: text({ required: true }) }, { required: true });
const Update = message({ experiment_id: text({ required: true }), new_name: text({ required: true }) }, { required: true });
const SetTag = message(
  { experiment_id: text({ required: true }), key: text({ required: true }), value: text({ default: '' }) },
  { required: true },
);
const DeleteTag = message({ experiment_id: text({ required: true }), key: text({ required: true }) }, { required: true });
const Search = message(
  { max_results: int64(), page_token: text(), filter: text(), order_by: list(text({ required: true })), view_type: oneOf(VIEWS) },
  { required: true },
);

const nothing = answer({});

export function experimentHandlers(experiments: Experiments): RouteHandlers<typeof experimentRoutes> {
  const search = async (request: ForeignRequest, call: CallMeta) => {
    const { max_results, page_token, filter, order_by, view_type } = readMessage(Search, request);
    // MLflow knows no default here.
    const size = pageSize(max_results, 0);
    const offset = readPageToken(page_token);
    const found = await experiments.search(call, { filter, orderBy: order_by, stages: stagesOf(view_type), offset, limit: size + 1 });
    return answer({
      experiments: unlessEmpty(found.slice(0, size).map(experimentShape)),
      next_page_token: found.length > size ? pageToken(offset + size) : undefined,
    });
  };

  return {
    createExperiment: async (request, call) => {
      const { name, artifact_location: artifactLocation, tags } = readMessage(Create, request);
      return answer({ experiment_id: await experiments.create(call, { name, artifactLocation, tags }) });
    },
    searchExperiments: search,
    searchExperimentsByQuery: search,
    getExperiment: async (request, call) => {
      const { experiment_id } = readMessage(ById, request);
      return answer({ experiment: experimentShape(await experiments.get(call, experiment_id)) });
    },
    getExperimentByName: async (request, call) => {
      const { experiment_name } = readMessage(ByName, request);
      return answer({ experiment: experimentShape(await experiments.getByName(call, experiment_name)) });
    },
    deleteExperiment: async (request, call) => {
      await experiments.setStage(call, readMessage(ById, request).experiment_id, 'deleted');
      return nothing;
    },
    restoreExperiment: async (request, call) => {
      await experiments.setStage(call, readMessage(ById, request).experiment_id, 'active');
      return nothing;
    },
    updateExperiment: async (request, call) => {
      const { experiment_id, new_name } = readMessage(Update, request);
      await experiments.rename(call, experiment_id, new_name);
      return nothing;
    },
    setExperimentTag: async (request, call) => {
      const { experiment_id, key, value } = readMessage(SetTag, request);
      await experiments.setTag(call, experiment_id, { key, value });
      return nothing;
    },
    deleteExperimentTag: async (request, call) => {
      const { experiment_id, key } = readMessage(DeleteTag, request);
      await experiments.deleteTag(call, experiment_id, key);
      return nothing;
    },
  };
}
