import type { linkRoutes } from '@mlab/contracts/mlflow-logged-models';
import type { CallMeta, RouteHandlers } from '@mlab/kernel';
import { answer, int64, list, message, readMessage, text } from '@mlab/mlflow';
import type { RunLinks } from '#/domain/run-links.ts';
import type { Run } from '#/domain/run.ts';
import type { RunLinksUse } from '#/run-links.ts';
import { unlessEmpty, type Links } from './shapes.ts';

const runId = text({ required: true, legacy: 'run_uuid' });
const Tag = message({ key: text({ default: '' }), value: text({ default: '' }) }, { required: true });
const Dataset = message(
  {
    name: text({ required: true }),
    digest: text({ required: true }),
    source_type: text({ default: '' }),
    source: text({ default: '' }),
    schema: text(),
    profile: text(),
  },
  { required: true },
);
const DatasetInput = message({ tags: list(Tag), dataset: Dataset }, { required: true });
const ModelInput = message({ model_id: text({ required: true }) }, { required: true });
const ModelOutput = message({ model_id: text({ required: true }), step: int64({ default: 0 }) }, { required: true });
const LogInputs = message({ run_id: runId, datasets: list(DatasetInput), models: list(ModelInput) }, { required: true });
const LogOutputs = message({ run_id: runId, models: list(ModelOutput, { required: true }) }, { required: true });
const LogModel = message({ run_id: runId, model_json: text({ required: true }) }, { required: true });
const SearchDatasets = message({ experiment_ids: list(text({ required: true })) }, { required: true });

export const linkHandlers = (links: RunLinksUse): RouteHandlers<typeof linkRoutes> => ({
  logInputs: async (request, call) => {
    const { run_id, datasets, models } = readMessage(LogInputs, request);
    const uses = datasets.map(({ dataset: { source_type: sourceType, ...dataset }, tags }) => ({
      dataset: { ...dataset, sourceType },
      tags,
    }));
    await links.logInputs(
      call,
      run_id,
      uses,
      models.map(({ model_id }) => model_id),
    );
    return answer({});
  },
  logOutputs: async (request, call) => {
    const { run_id, models } = readMessage(LogOutputs, request);
    await links.logOutputs(
      call,
      run_id,
      models.map(({ model_id: modelId, step }) => ({ modelId, step })),
    );
    return answer({});
  },
  logModel: async (request, call) => {
    const { run_id, model_json } = readMessage(LogModel, request);
    await links.logLegacyModel(call, run_id, model_json);
    return answer({});
  },
  searchDatasets: async (request, call) => {
    const found = await links.datasets(call, readMessage(SearchDatasets, request).experiment_ids);
    return answer({
      dataset_summaries: unlessEmpty(found.map(({ experimentId, ...summary }) => ({ experiment_id: experimentId, ...summary }))),
    });
  },
});

/** What runs have used and made, in MLflow's messages, by the numbers of the runs. */
export const linksOf =
  (links: RunLinksUse) =>
  async (call: CallMeta, runs: readonly Run[]): Promise<ReadonlyMap<number, Links>> => {
    const found = await links.of(
      call,
      runs.map(({ no }) => no),
    );
    return new Map([...found].map(([no, each]) => [no, linksShape(each)]));
  };

const linksShape = ({ datasets, usedModels, madeModels }: RunLinks): Links => ({
  inputs: {
    dataset_inputs: unlessEmpty(
      datasets.map(({ dataset: { sourceType, ...dataset }, tags }) => ({
        tags: unlessEmpty(tags),
        dataset: { ...dataset, source_type: sourceType },
      })),
    ),
    model_inputs: unlessEmpty(usedModels.map((model_id) => ({ model_id }))),
  },
  outputs: { model_outputs: unlessEmpty(madeModels.map(({ modelId, step }) => ({ model_id: modelId, step }))) },
});
