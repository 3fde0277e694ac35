import type { CallMeta, Database, Queryable, Transaction } from '@mlab/kernel';
import {
  checkLength,
  checkLoggedModelName,
  invalidParameter,
  LIMITS,
  loggedModelFilters,
  mlflowError,
  parseFilter,
  parseLoggedModelOrder,
} from '@mlab/mlflow';
import { experimentId, mustBeActive, noExperiment, type Tag } from '#/domain/experiment.ts';
import { noLoggedModel, type LoggedModel, type LoggedModelData, type LoggedModelStatus } from '#/domain/logged-model.ts';
import { madeUpName } from '#/domain/run-name.ts';
import { storedValue, type Run } from '#/domain/run.ts';
import type { Numbers } from '#/metrics/numbers.ts';
import type { ModelMetric } from '#/runs.ts';
import { shareExperiment } from '#/store/experiments.ts';
import { insertModelMetrics, shareModelNos } from '#/store/logged-model-metrics.ts';
import { searchLoggedModels, type DatasetChoice } from '#/store/logged-model-search.ts';
import {
  deleteModelTag,
  findLoggedModel,
  insertLoggedModel,
  insertModelParams,
  markLoggedModelDeleted,
  readModelData,
  setLoggedModelStatus,
  setModelTags,
  shareLoggedModel,
} from '#/store/logged-models.ts';

export interface LoggedModelsOptions {
  readonly database: Database;
  readonly numbers: Numbers;
  readonly nowMs: () => number;
  /** 32 hexadecimal characters that nobody has had. */
  readonly newId: () => string;
  readonly random: () => number;
}

export interface NewLoggedModel {
  readonly experimentId: string;
  readonly name: string | undefined;
  readonly modelType: string | undefined;
  readonly sourceRunId: string | undefined;
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

export interface LoggedModelSearch {
  readonly experimentIds: readonly string[];
  readonly filter: string | undefined;
  readonly datasets: readonly DatasetChoice[];
  readonly orderBy: Parameters<typeof parseLoggedModelOrder>[0];
  readonly offset: number;
  readonly limit: number;
}

export interface WholeLoggedModel {
  readonly model: LoggedModel;
  readonly data: LoggedModelData;
}

export type LoggedModels = ReturnType<typeof openLoggedModels>;

const MAX_NAME = 500;
const MAX_KEY = 255;

/** What can be done with models that are logged, whatever protocol asks for it. */
export function openLoggedModels({ database, numbers, nowMs, newId, random }: LoggedModelsOptions) {
  const inTransaction = <T>(call: CallMeta, work: (tx: Transaction) => Promise<T>): Promise<T> => database.transaction(call, work);

  const get = async (db: Queryable, id: string, deletedToo: boolean): Promise<LoggedModel> => {
    const model = await findLoggedModel(db, id, deletedToo);
    if (model === undefined) throw noLoggedModel(id);
    return model;
  };
  const whole = async (db: Queryable, models: readonly LoggedModel[]): Promise<readonly WholeLoggedModel[]> => {
    const data = await readModelData(
      db,
      models.map(({ no }) => no),
    );
    return models.map((model) => ({ model, data: data.get(model.no) ?? { params: [], tags: [], metrics: [] } }));
  };
  const wholeOf = async (db: Queryable, id: string, deletedToo: boolean): Promise<WholeLoggedModel> => {
    const [found] = await whole(db, [await get(db, id, deletedToo)]);
    if (found === undefined) throw noLoggedModel(id);
    return found;
  };
  /** Lets `work` write to a model that is not removed meanwhile. */
  const writing = <T>(call: CallMeta, id: string, work: (tx: Transaction, model: LoggedModel) => Promise<T>): Promise<T> =>
    inTransaction(call, async (tx) => {
      const model = await shareLoggedModel(tx, id);
      if (model === undefined) throw noLoggedModel(id);
      return work(tx, model);
    });
  const addParams = async (tx: Transaction, { id, no }: Pick<LoggedModel, 'id' | 'no'>, params: readonly Tag[]): Promise<void> => {
    const [kept] = await insertModelParams(tx, no, distinct(params));
    if (kept === undefined) return;
    throw invalidParameter(
      `Changing param values is not allowed. Param with key='${kept.key}' was already logged with value='${kept.value.slice(0, 300)}' for model ID='${id}'.`,
    );
  };

  return {
    create: (
      call: CallMeta,
      { name: given, modelType, sourceRunId, params, tags, ...asked }: NewLoggedModel,
    ): Promise<WholeLoggedModel> => {
      checkLoggedModelName(given);
      checkLength('name', given ?? '', MAX_NAME);
      checkLength('model_type', modelType ?? '', MAX_NAME);
      checkKeys([...params, ...tags]);
      const id = `m-${newId()}`;
      const name = given ?? madeUpName(random);
      const now = nowMs();
      return inTransaction(call, async (tx) => {
        const experiment = await shareExperiment(tx, experimentId(asked.experimentId));
        if (experiment === undefined) throw noExperiment(asked.experimentId);
        mustBeActive(experiment);
        const no = await insertLoggedModel(tx, {
          id,
          experimentId: experiment.id,
          name,
          status: 'PENDING',
          modelType,
          sourceRunId,
          createdMs: now,
          updatedMs: now,
          artifactUri: `${experiment.artifactLocation}/models/${id}/artifacts`,
        });
        await addParams(tx, { id, no }, params);
        await setModelTags(tx, no, tags);
        return wholeOf(tx, id, false);
      });
    },

    get: (call: CallMeta, id: string, deletedToo = false): Promise<LoggedModel> => get(database.for(call), id, deletedToo),
    getWhole: (call: CallMeta, id: string, deletedToo = false): Promise<WholeLoggedModel> => wholeOf(database.for(call), id, deletedToo),

    setStatus: (call: CallMeta, id: string, status: LoggedModelStatus): Promise<WholeLoggedModel> =>
      inTransaction(call, async (tx) => {
        if (!(await setLoggedModelStatus(tx, id, status, nowMs()))) throw noLoggedModel(id);
        return wholeOf(tx, id, true);
      }),

    delete: async (call: CallMeta, id: string): Promise<void> => {
      if (!(await markLoggedModelDeleted(database.for(call), id, nowMs()))) throw noLoggedModel(id);
    },

    setTags: (call: CallMeta, id: string, tags: readonly Tag[]): Promise<void> => {
      checkKeys(tags);
      return writing(call, id, (tx, { no }) => setModelTags(tx, no, tags));
    },

    deleteTag: (call: CallMeta, id: string, key: string): Promise<void> =>
      writing(call, id, async (tx, { no }) => {
        if (!(await deleteModelTag(tx, no, key)))
          throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No tag with key '${key.slice(0, 300)}' found for model with ID '${id}'.`);
      }),

    addParams: (call: CallMeta, id: string, params: readonly Tag[]): Promise<void> => {
      checkKeys(params);
      return writing(call, id, (tx, model) => addParams(tx, model, params));
    },

    search: async (call: CallMeta, { experimentIds, filter, datasets, orderBy, offset, limit }: LoggedModelSearch) => {
      const query = {
        experimentIds: [...new Set(experimentIds.map(readExperimentId))],
        datasets,
        offset,
        limit,
        filter: parseFilter(loggedModelFilters, filter),
        order: parseLoggedModelOrder(orderBy),
      };
      const db = database.for(call);
      return whole(db, await searchLoggedModels(db, query));
    },

    /** Keeps what a run has measured with models, in the transaction of the run's own metrics. */
    logMetrics: async (tx: Transaction, run: Pick<Run, 'no'>, metrics: readonly ModelMetric[]): Promise<void> => {
      const ids = [...new Set(metrics.map(({ modelId = '' }) => modelId))];
      const nos = await shareModelNos(tx, ids);
      const missing = ids.find((id) => !nos.has(id));
      if (missing !== undefined) throw noLoggedModel(missing);
      const keys = await numbers.keys(
        tx,
        metrics.map(({ key }) => key),
      );
      const rows = metrics.map(({ modelId = '', key, timestamp, step, value, datasetName = '', datasetDigest = '' }) => {
        checkLength('dataset_name', datasetName, LIMITS.datasetName);
        checkLength('dataset_digest', datasetDigest, LIMITS.datasetDigest);
        const [modelNo, keyId] = [nos.get(modelId), keys.get(key)];
        if (modelNo === undefined || keyId === undefined) throw new Error(`The metric ${key} of ${modelId} has no number.`);
        return { modelNo, keyId, timestamp, step, value: storedValue(value), datasetName, datasetDigest };
      });
      await insertModelMetrics(tx, run.no, rows);
    },
  };
}

/** In a search an id that is none is a mistake, and an experiment that is not there has no models. */
function readExperimentId(id: string): string {
  if (!/^\d{1,18}$/.test(id)) throw invalidParameter(`Invalid experiment ID: '${id.slice(0, 64)}'. Expected a whole number.`);
  return id.replace(/^0+(?=\d)/, '');
}

function checkKeys(tags: readonly Tag[]): void {
  for (const { key } of tags) {
    if (key === '') throw invalidParameter('The key of a parameter or a tag of a logged model must not be empty.');
    checkLength('key', key, MAX_KEY);
  }
}

/** Said twice is said once; said otherwise is refused where it is written. */
function distinct(params: readonly Tag[]): readonly Tag[] {
  const known = new Map<string, string>();
  for (const { key, value } of params) {
    const other = known.get(key);
    if (other !== undefined && other !== value)
      throw invalidParameter(`Duplicate parameter keys have been submitted: '${key}'. Please ensure that there is one value per key.`);
    known.set(key, value);
  }
  return [...known].map(([key, value]) => ({ key, value }));
}
