import type { CallMeta, Database, Queryable, Transaction } from '@mlab/kernel';
import { checkKey, checkLength, checkLoggedModelName, checkRunId, fitParamValue, fitTagValue, type LongValues } from '@mlab/mlflow';
import { experimentId, mustBeActive, noExperiment, type Experiment, type LifecycleStage, type Tag } from '#/domain/experiment.ts';
import { refuseOther, type Content } from '#/domain/imported.ts';
import { noLoggedModel, type LoggedModel, type LoggedModelStatus } from '#/domain/logged-model.ts';
import { noRun, type Run, type RunStatus } from '#/domain/run.ts';
import { shareExperiment } from '#/store/experiments.ts';
import { countMetrics, insertImportedModel, insertImportedRun, type MetricCount } from '#/store/imports.ts';
import { findLoggedModel, insertModelParams, readModelData, setModelTags } from '#/store/logged-models.ts';
import { insertParams, readRunData, setTags } from '#/store/run-data.ts';
import { findRun } from '#/store/runs.ts';

export interface GivenRun {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly startTime: number;
  readonly endTime?: number;
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

export interface GivenLoggedModel {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly status: LoggedModelStatus;
  readonly modelType?: string;
  readonly sourceRunId?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

export interface Imported {
  readonly outcome: 'created' | 'same';
  readonly lifecycleStage: LifecycleStage;
  readonly artifactUri: string;
}

export type Imports = ReturnType<typeof openImports>;

const MAX_MODEL_KEY = 255;

/** Runs and logged models that keep the ids which they have elsewhere, so that links to them stay right. */
export function openImports({ database, longValues }: { readonly database: Database; readonly longValues: LongValues }) {
  const activeExperiment = async (tx: Transaction, id: string): Promise<Experiment> => {
    const experiment = await shareExperiment(tx, experimentId(id));
    if (experiment === undefined) throw noExperiment(experimentId(id));
    mustBeActive(experiment);
    return experiment;
  };

  return {
    run: async (call: CallMeta, given: GivenRun): Promise<Imported & { readonly metrics: readonly MetricCount[] }> => {
      const { id, name, userId, status, startTime: startMs, endTime: endMs } = given;
      checkRunId(id);
      const params = distinct(given.params, ({ key, value }, index) => {
        checkKey('param', key, index);
        return fitParamValue(value, longValues);
      });
      const tags = distinct(given.tags, ({ key, value }, index) => {
        checkKey('tag', key, index);
        return fitTagValue(value, longValues, index);
      });
      const created = await database.transaction(call, async (tx): Promise<Imported | undefined> => {
        if ((await findRun(tx, id)) !== undefined) return undefined;
        const experiment = await activeExperiment(tx, given.experimentId);
        const artifactUri = `${experiment.artifactLocation}/${id}/artifacts`;
        const run = { id, experimentId: experiment.id, name, userId, status, startMs, endMs, artifactUri };
        const no = await insertImportedRun(tx, run);
        if (no === undefined) return undefined;
        await insertParams(tx, no, params);
        await setTags(tx, no, tags);
        return { outcome: 'created', lifecycleStage: 'active', artifactUri };
      });
      if (created !== undefined) return { ...created, metrics: [] };
      const db = database.for(call);
      const run = await findRun(db, id);
      if (run === undefined) throw noRun(id);
      const data = (await readRunData(db, [run.no])).get(run.no);
      refuseOther(
        `The run ${id}`,
        {
          fields: runFields({ ...run, experimentId: experimentId(given.experimentId), name, userId, status, startMs, endMs }),
          lists: { params, tags },
        },
        { fields: runFields(run), lists: { params: data?.params ?? [], tags: data?.tags ?? [] } },
      );
      const { lifecycleStage, artifactUri } = run;
      return { outcome: 'same', lifecycleStage, artifactUri, metrics: await countMetrics(db, run.no) };
    },

    loggedModel: async (call: CallMeta, given: GivenLoggedModel): Promise<Imported> => {
      const { id, name, status, modelType, sourceRunId, createdAt: createdMs, updatedAt: updatedMs } = given;
      checkLoggedModelName(name);
      const params = distinct(given.params, checkModelKey);
      const tags = distinct(given.tags, checkModelKey);
      const created = await database.transaction(call, async (tx): Promise<Imported | undefined> => {
        if ((await findLoggedModel(tx, id, true)) !== undefined) return undefined;
        const experiment = await activeExperiment(tx, given.experimentId);
        const artifactUri = `${experiment.artifactLocation}/models/${id}/artifacts`;
        const model = { id, experimentId: experiment.id, name, status, modelType, sourceRunId, artifactUri, createdMs, updatedMs };
        const no = await insertImportedModel(tx, model);
        if (no === undefined) return undefined;
        await insertModelParams(tx, no, params);
        await setModelTags(tx, no, tags);
        return { outcome: 'created', lifecycleStage: 'active', artifactUri };
      });
      if (created !== undefined) return created;
      const db = database.for(call);
      const model = await findLoggedModel(db, id, true);
      if (model === undefined) throw noLoggedModel(id);
      const data = (await readModelData(db, [model.no])).get(model.no);
      refuseOther(
        `The logged model ${id}`,
        {
          fields: modelFields({
            ...model,
            experimentId: experimentId(given.experimentId),
            name,
            status,
            modelType,
            sourceRunId,
            createdMs,
          }),
          lists: { params },
        },
        { fields: modelFields(model), lists: { params: data?.params ?? [] } },
      );
      return { outcome: 'same', lifecycleStage: (await isDeleted(db, id)) ? 'deleted' : 'active', artifactUri: model.artifactUri };
    },
  };
}

function runFields({ experimentId: experiment, name, userId: user, status, startMs, endMs }: Omit<Run, 'no'>): Content['fields'] {
  return { experiment, name, user, status, 'start time': startMs, 'end time': endMs };
}

/** Not when it was changed: registering a version of it changes that, and its tags. */
function modelFields({
  experimentId: experiment,
  name,
  status,
  modelType: type,
  sourceRunId: run,
  createdMs,
}: LoggedModel): Content['fields'] {
  return { experiment, name, status, type, run, 'time of creation': createdMs };
}

const isDeleted = async (db: Queryable, id: string): Promise<boolean> => (await findLoggedModel(db, id, false)) === undefined;

function checkModelKey({ key, value }: Tag): string {
  checkLength('key', key, MAX_MODEL_KEY);
  return value;
}

/** Of several with one key the last one counts. */
function distinct(pairs: readonly Tag[], fit: (pair: Tag, index: number) => string): readonly Tag[] {
  return [...new Map(pairs.map((pair, index) => [pair.key, fit(pair, index)]))].map(([key, value]) => ({ key, value }));
}
