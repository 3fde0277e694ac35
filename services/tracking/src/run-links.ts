import type { CallMeta, Database } from '@mlab/kernel';
import { invalidParameter } from '@mlab/mlflow';
import { checkDatasetUse, checkModelId, distinctUses, type DatasetUse, type MadeModel, type RunLinks } from '#/domain/run-links.ts';
import { addToHistory } from '#/domain/legacy-model.ts';
import { setTags } from '#/store/run-data.ts';
import { insertDatasetUses, insertModelLinks, listDatasets, readRunLinks, readTag, type DatasetSummary } from '#/store/run-links.ts';
import { lockRun, shareRun } from '#/store/runs.ts';
import { openWriteToRun } from '#/write-to-run.ts';

export type RunLinksUse = ReturnType<typeof openRunLinks>;

const MAX_EXPERIMENTS = 20;
const MAX_DATASETS = 1000;
/** Where models were noted before MLflow 3. */
const LEGACY_MODELS_TAG = 'mlflow.log-model.history';

/** What runs have used and made: datasets and models. */
export function openRunLinks({ database }: { readonly database: Database }) {
  const writing = openWriteToRun(database);

  return {
    logInputs: (call: CallMeta, runId: string, uses: readonly DatasetUse[], modelIds: readonly string[]): Promise<void> => {
      for (const use of uses) checkDatasetUse(use);
      for (const id of modelIds) checkModelId(id);
      return writing(call, runId, shareRun, async (tx, run) => {
        if (uses.length > 0) await insertDatasetUses(tx, run, distinctUses(uses));
        if (modelIds.length > 0)
          await insertModelLinks(
            tx,
            run.no,
            'input',
            modelIds.map((modelId) => ({ modelId, step: 0 })),
          );
      });
    },

    logOutputs: (call: CallMeta, runId: string, models: readonly MadeModel[]): Promise<void> => {
      for (const { modelId } of models) checkModelId(modelId);
      return writing(call, runId, shareRun, async (tx, { no }) => {
        if (models.length > 0) await insertModelLinks(tx, no, 'output', models);
      });
    },

    /** As clients before MLflow 3 do, in a tag that holds all models of the run. */
    logLegacyModel: (call: CallMeta, runId: string, json: string): Promise<void> =>
      writing(call, runId, lockRun, async (tx, { no }) => {
        const value = addToHistory(await readTag(tx, no, LEGACY_MODELS_TAG), json);
        await setTags(tx, no, [{ key: LEGACY_MODELS_TAG, value }]);
      }),

    of: (call: CallMeta, runNos: readonly number[]): Promise<ReadonlyMap<number, RunLinks>> => readRunLinks(database.for(call), runNos),

    datasets: (call: CallMeta, experimentIds: readonly string[]): Promise<readonly DatasetSummary[]> => {
      if (experimentIds.length === 0) throw invalidParameter('SearchDatasets request must specify at least one experiment_id.');
      if (experimentIds.length > MAX_EXPERIMENTS)
        throw invalidParameter(
          `SearchDatasets request cannot specify more than ${MAX_EXPERIMENTS} experiment_ids. Received ${experimentIds.length} experiment_ids.`,
        );
      for (const id of experimentIds)
        if (!/^\d{1,18}$/.test(id)) throw invalidParameter(`Invalid experiment ID: '${id.slice(0, 64)}'. Expected a whole number.`);
      return listDatasets(database.for(call), experimentIds, MAX_DATASETS);
    },
  };
}
