import { ask, askJson, HttpError, type Asked, type Fields, type Question } from '../http/ask.ts';
import { listField, mustText, objectField, textField } from '../http/fields.ts';
import { query } from '../server/pages.ts';
import type { MeasuredOfModel, Measured, Pair, SourceLoggedModel, SourceRun } from '../source.ts';

/** The lab that things are brought to. Whatever is done here may be done again. */
export type Lab = ReturnType<typeof openLab>;

export interface LabExperiment {
  readonly id: string;
  readonly deleted: boolean;
}

export interface Brought {
  readonly created: boolean;
  readonly deleted: boolean;
  readonly artifactUri: string;
}

export interface StoredFile {
  readonly size: number;
  readonly sha256: string;
}

/** A value with what it belongs to besides its run. */
export interface LoggedMetric extends Measured {
  readonly key: string;
  readonly modelId?: string;
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

const PROXY = 'mlflow-artifacts:/';

/** Speaks MLflow's protocol where that can say it, and the lab's own where not. Both stand below its gateway. */
export function openLab(server: Asked) {
  const mlflow = (path: string, question?: Question): Promise<Fields> => askJson(server, `/mlflow/api/2.0/mlflow/${path}`, question);
  const post = (path: string, json: unknown): Promise<Fields> => mlflow(path, { method: 'POST', json });
  const own = (path: string, question?: Question): Promise<Fields> => askJson(server, `/tracking/${path}`, question);
  const put = async (path: string, json: unknown): Promise<Brought & { readonly answer: Fields }> => {
    const answer = await own(path, { method: 'PUT', json });
    const created = answer['outcome'] === 'created';
    return { answer, created, deleted: answer['lifecycleStage'] === 'deleted', artifactUri: mustText(answer, 'artifactUri') };
  };

  return {
    /** Throws when there is nobody, or nobody who keeps runs. */
    greet: () => own('health', { attempts: 1 }),

    async experiment(name: string): Promise<LabExperiment | undefined> {
      const found = await ifThere(mlflow(`experiments/get-by-name${query({ experiment_name: name })}`));
      if (found === undefined) return undefined;
      const experiment = objectField(found, 'experiment');
      return { id: mustText(experiment, 'experiment_id'), deleted: experiment['lifecycle_stage'] === 'deleted' };
    },
    createExperiment: async (name: string, tags: readonly Pair[]): Promise<string> =>
      mustText(await post('experiments/create', { name, tags }), 'experiment_id'),
    deleteExperiment: (experiment_id: string) => post('experiments/delete', { experiment_id }),

    hasRun: async (id: string): Promise<boolean> => (await ifThere(own(`runs/${encodeURIComponent(id)}`))) !== undefined,
    /** With how many values of each metric are there already. */
    async putRun(run: SourceRun, experimentId: string): Promise<Brought & { readonly values: ReadonlyMap<string, number> }> {
      const { id, name, userId, status, startTime, endTime, params, tags } = run;
      const content = { experimentId, name, userId, status, startTime, endTime, params, tags };
      const { answer, ...brought } = await put(`runs/${encodeURIComponent(id)}`, content);
      const values = listField(answer, 'metrics').map((one) => [mustText(one, 'key'), Number(one['values'])] as const);
      return { ...brought, values: new Map(values) };
    },
    deleteRun: (run_id: string) => post('runs/delete', { run_id }),
    logMetrics: (run_id: string, metrics: readonly LoggedMetric[]) => post('runs/log-batch', { run_id, metrics: metrics.map(metricShape) }),
    async logLinks({ id, datasets, usedModels, madeModels }: SourceRun): Promise<void> {
      if (datasets.length > 0 || usedModels.length > 0) {
        const used = datasets.map(({ tags, sourceType, ...dataset }) => ({ tags, dataset: { ...dataset, source_type: sourceType } }));
        await post('runs/log-inputs', { run_id: id, datasets: used, models: usedModels.map((model_id) => ({ model_id })) });
      }
      if (madeModels.length > 0)
        await post('runs/outputs', { run_id: id, models: madeModels.map(({ modelId: model_id, step }) => ({ model_id, step })) });
    },

    hasLoggedModel: async (id: string): Promise<boolean> => (await ifThere(own(`logged-models/${encodeURIComponent(id)}`))) !== undefined,
    async putLoggedModel(model: SourceLoggedModel, experimentId: string): Promise<Brought> {
      const { id, name, status, modelType, sourceRunId, createdAt, updatedAt, params, tags } = model;
      const content = { experimentId, name, status, modelType, sourceRunId, createdAt, updatedAt, params, tags };
      return put(`logged-models/${encodeURIComponent(id)}`, content);
    },
    deleteLoggedModel: (id: string) => mlflow(`logged-models/${encodeURIComponent(id)}`, { method: 'DELETE' }),

    /** The files below an artifact URI by their paths. */
    async files(uri: string): Promise<ReadonlyMap<string, StoredFile>> {
      const files = new Map<string, StoredFile>();
      for (let cursor: string | undefined; ;) {
        const page = await own(`files${query({ uri, limit: 1000, cursor })}`);
        for (const one of listField(page, 'items')) {
          files.set(mustText(one, 'path'), { size: Number(one['size']), sha256: mustText(one, 'sha256') });
        }
        cursor = textField(page, 'next');
        if (cursor === undefined) return files;
      }
    },
    async upload(uri: string, path: string, body: () => AsyncIterable<Uint8Array>): Promise<void> {
      if (!uri.startsWith(PROXY)) throw new Error(`the lab keeps its files at ${uri}, which cannot be written to through it`);
      const whole = `${uri.slice(PROXY.length).replace(/^\/+/, '')}/${path}`.split('/').map(encodeURIComponent).join('/');
      const answer = await ask(server, `/mlflow/api/2.0/mlflow-artifacts/artifacts/${whole}`, {
        method: 'PUT',
        contentType: 'application/octet-stream',
        body,
      });
      await answer.body?.cancel();
    },

    /** Its versions by their numbers, and its aliases; undefined when there is no such model. */
    registeredModel: async (name: string): Promise<Fields | undefined> => {
      const found = await ifThere(mlflow(`registered-models/get${query({ name })}`));
      return found === undefined ? undefined : objectField(found, 'registered_model');
    },
    version: async (name: string, version: number): Promise<Fields | undefined> => {
      const found = await ifThere(mlflow(`model-versions/get${query({ name, version })}`));
      return found === undefined ? undefined : objectField(found, 'model_version');
    },
    createRegisteredModel: (name: string, description: string, tags: readonly Pair[]) =>
      post('registered-models/create', { name, description, tags }),
    createVersion: async (content: object): Promise<number> =>
      Number(mustText(objectField(await post('model-versions/create', content), 'model_version'), 'version')),
    deleteVersion: (name: string, version: number) =>
      mlflow('model-versions/delete', { method: 'DELETE', json: { name, version: String(version) } }),
    moveToStage: (name: string, version: number, stage: string) =>
      post('model-versions/transition-stage', { name, version: String(version), stage, archive_existing_versions: false }),
    setAlias: (name: string, alias: string, version: number) => post('registered-models/alias', { name, alias, version: String(version) }),
  };
}

/** A value of a logged model; a dataset that is named by half is none. */
export function ofModel(modelId: string, { key, timestamp, step, value, datasetName, datasetDigest }: MeasuredOfModel): LoggedMetric {
  const metric = { key, timestamp, step, value, modelId };
  return datasetName === undefined || datasetDigest === undefined ? metric : { ...metric, datasetName, datasetDigest };
}

function metricShape({ key, timestamp, step, value: number, modelId: model_id, datasetName, datasetDigest }: LoggedMetric): object {
  // Words for what JSON has no numbers for, as MLflow's own client writes them.
  const value = Number.isFinite(number) ? number : String(number);
  return { key, timestamp, step, value, model_id, dataset_name: datasetName, dataset_digest: datasetDigest };
}

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return undefined;
    throw error;
  }
}
