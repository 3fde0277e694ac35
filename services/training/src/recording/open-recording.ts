import type { registry } from '@mlab/contracts/registry';
import type { tracking } from '@mlab/contracts/tracking';
import { AppError, ifFound, type CallMeta, type ClientOf } from '@mlab/kernel';
import type { MetricPoint, ModelOrder, RecordedFile, Recording, RunOrder, StartedRun } from '#/domain/recording.ts';
import { mlmodelFiles } from './mlmodel.ts';

export interface RecordingOptions {
  readonly tracking: ClientOf<typeof tracking>;
  readonly registry: ClientOf<typeof registry>;
}

type Pairs = { key: string; value: string }[];

const METRICS_AT_ONCE = 1000;
const PAIRS_AT_ONCE = 100;
/** Logged models may not have them in their names, as MLflow's own server says. */
const NOT_IN_NAMES = /[/:.%"']/g;
/** What MLflow keeps of a digest. */
const DIGEST_CHARACTERS = 36;

/** Writes jobs to the services of this platform. Whatever is there already is found again, so a job may say all of it twice. */
export function openRecording({ tracking, registry }: RecordingOptions): Recording {
  const nothing = { metrics: [], params: [], tags: [], datasets: [], models: [] };

  const goOnWith = async (id: string, call: CallMeta): Promise<StartedRun> => {
    const { experimentId, artifactUri, lifecycleStage, status } = await tracking.getRun({ id }, call);
    if (lifecycleStage === 'deleted') throw new AppError('conflict', `The run ${id} of this job has been deleted.`);
    if (status !== 'RUNNING') await tracking.setRunStatus({ id, status: 'RUNNING' }, call);
    return { experimentId, artifactUri };
  };

  const makeRun = async (
    { runId: id, experiment, name, parentRunId, startMs, tags, params }: RunOrder,
    call: CallMeta,
  ): Promise<StartedRun> => {
    const { id: experimentId } = await tracking.ensureExperiment({ name: experiment }, call);
    const all = { ...tags, 'mlflow.runName': name, ...(parentRunId === undefined ? {} : { 'mlflow.parentRunId': parentRunId }) };
    const run = { id, experimentId, name, userId: tags['mlflow.user'] ?? '', status: 'RUNNING' as const, startTime: startMs };
    const { artifactUri } = await tracking.importRun({ ...run, params: pairsOf(params), tags: pairsOf(all) }, call);
    return { experimentId, artifactUri };
  };

  const putFiles = async (root: string, files: readonly Pick<RecordedFile, 'path' | 'bytes'>[], call: CallMeta): Promise<void> => {
    for (const { path, bytes } of files) await tracking.putFile({ uri: `${root}/${path}`, body: only(bytes) }, call);
  };

  return {
    startRun: async (order, call) => {
      const started = (await ifFound(goOnWith(order.runId, call))) ?? (await makeRun(order, call));
      const { digest, ...dataset } = order.dataset;
      const tags = [{ key: 'mlflow.data.context', value: 'training' }];
      const used = { ...dataset, digest: digest.slice(0, DIGEST_CHARACTERS), tags };
      await tracking.logToRun({ ...nothing, id: order.runId, datasets: [used] }, call);
      return started;
    },

    logToRun: async (id, { metrics = [], tags = {}, params = {} }, call) => {
      for (const part of chunks(metrics, METRICS_AT_ONCE)) await tracking.logToRun({ ...nothing, id, metrics: part.map(metricOf) }, call);
      for (const part of chunks(pairsOf(params), PAIRS_AT_ONCE)) await tracking.logToRun({ ...nothing, id, params: part }, call);
      for (const part of chunks(pairsOf(tags), PAIRS_AT_ONCE)) await tracking.logToRun({ ...nothing, id, tags: part }, call);
    },

    putFiles: (runId, files, call) => putFiles(`runs:/${runId}`, files, call),

    putModel: async (order: ModelOrder, call) => {
      const { modelId: id, runId, modelType, params, tags, metrics, files, createdMs } = order;
      const source = `models:/${id}`;
      const { experimentId } = await tracking.getRun({ id: runId }, call);
      const status = (await ifFound(tracking.getLoggedModel({ id }, call)))?.status;
      if (status === undefined) {
        const model = {
          id,
          experimentId,
          name: order.name.replaceAll(NOT_IN_NAMES, '-'),
          status: 'PENDING' as const,
          modelType,
          sourceRunId: runId,
          createdAt: createdMs,
          updatedAt: createdMs,
        };
        await tracking.importLoggedModel({ ...model, params: pairsOf(params), tags: pairsOf(tags) }, call);
      }
      if (status !== 'READY') {
        const described = Object.entries(mlmodelFiles(order)).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
        await putFiles(source, [...files, ...described], call);
        await tracking.setLoggedModelStatus({ id, status: 'READY' }, call);
      }
      await tracking.logToRun({ ...nothing, id: runId, models: [{ id, step: 0 }] }, call);
      for (const part of chunks(metrics, METRICS_AT_ONCE)) {
        const ofModel = part.map((metric) => ({ ...metricOf(metric), modelId: id }));
        await tracking.logToRun({ ...nothing, id: runId, metrics: ofModel }, call);
      }
      return { modelId: id, source };
    },

    registerVersion: async ({ model: name, source, runId, description, tags, signature: said }, call) => {
      const signature = said === undefined ? {} : { signature: { inputs: [...said.inputs], outputs: [...said.outputs] } };
      const asked = { name, source, createModel: true, once: true, runId, description, tags, ...signature };
      const { model, version } = await registry.registerVersion(asked, call);
      return { model, version };
    },

    readRun: async (id, call) => {
      const { metrics, models } = await tracking.getRun({ id }, call);
      return { models, metrics: metrics.map(({ key, value }) => ({ key, value: value === 'NaN' ? Number.NaN : value })) };
    },

    endRun: async (id, { status, endMs }, call) => {
      await tracking.setRunStatus({ id, status, endTime: endMs }, call);
    },
  };
}

const pairsOf = (texts: Readonly<Record<string, string>>): Pairs => Object.entries(texts).map(([key, value]) => ({ key, value }));

const metricOf = ({
  key,
  value,
  step,
  timestamp,
}: MetricPoint): { key: string; value: number | 'NaN'; step: number; timestamp: number } => ({
  key,
  value: Number.isNaN(value) ? 'NaN' : Math.max(-Number.MAX_VALUE, Math.min(value, Number.MAX_VALUE)),
  step,
  timestamp,
});

function* chunks<T>(items: readonly T[], size: number): Generator<T[], void, void> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
}
