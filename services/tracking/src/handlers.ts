import type { tracking } from '@mlab/contracts/tracking';
import type { Database, HandlersOf } from '@mlab/kernel';
import { compareRuns } from '#/comparison.ts';
import type { Files } from '#/files.ts';
import type { Imports } from '#/imports.ts';
import type { LiveMetrics } from '#/live/live-metrics.ts';
import type { LoggedModels, WholeLoggedModel } from '#/logged-models.ts';
import type { Recording } from '#/recording.ts';
import type { RunLinksUse } from '#/run-links.ts';
import type { Runs, WholeRun } from '#/runs.ts';
import type { Storage } from '#/storage.ts';

export interface Deps {
  readonly runs: Runs;
  readonly database: Database;
  readonly loggedModels: LoggedModels;
  readonly files: Files;
  readonly storage: Storage;
  readonly live: LiveMetrics;
  readonly imports: Imports;
  readonly recording: Recording;
  readonly linksOf: RunLinksUse['of'];
}

export const handlers = ({
  runs,
  database,
  loggedModels,
  files,
  storage,
  live,
  imports,
  recording,
  linksOf,
}: Deps): HandlersOf<typeof tracking> => ({
  getRun: async ({ id }, call) => {
    const whole = await runs.get(call, id);
    const links = await linksOf(call, [whole.run.no]);
    return { ...toRun(whole), models: (links.get(whole.run.no)?.madeModels ?? []).map(({ modelId }) => modelId) };
  },
  compareRuns: (asked, call) => compareRuns(database, call, asked),
  liveMetrics: (asked, call) => live.listen(call, asked),
  importRun: async (given, call) => {
    const { metrics, ...imported } = await imports.run(call, given);
    return { ...imported, metrics: [...metrics] };
  },
  importLoggedModel: (given, call) => imports.loggedModel(call, given),
  getLoggedModel: async ({ id }, call) => toLoggedModel(await loggedModels.getWhole(call, id)),
  listFiles: ({ uri, limit, cursor }, call) => files.list(call, uri, limit, cursor),
  getFile: ({ uri }, call) => files.download(call, uri),
  ensureExperiment: ({ name }, call) => recording.ensureExperiment(call, name),
  logToRun: async ({ id, ...given }, call) => {
    await recording.log(call, id, given);
    return {};
  },
  setRunStatus: async ({ id, status, endTime }, call) => {
    await runs.update(call, id, { status, endMs: endTime, name: undefined });
    return {};
  },
  setLoggedModelStatus: async ({ id, status }, call) => {
    await loggedModels.setStatus(call, id, status);
    return {};
  },
  putFile: async ({ uri, body }, call) => ({ uri: await files.put(call, uri, body) }),
  storage: ({ top }, call) => storage.report(call, top),
  clean: (order, call) => storage.clean(call, order),
  cleaning: ({ id }, call) => storage.cleaning(call, id),
});

function toRun({ run, data }: WholeRun) {
  const { id, experimentId, name, userId, status, startMs, endMs, lifecycleStage, artifactUri } = run;
  return {
    id,
    experimentId,
    name,
    userId,
    status,
    lifecycleStage,
    startTime: startMs,
    artifactUri,
    ...(endMs === undefined ? {} : { endTime: endMs }),
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    metrics: data.metrics.map((metric) => ({
      ...metric,
      value: Number.isNaN(metric.value) ? ('NaN' as const) : metric.value,
    })),
  };
}

function toLoggedModel({ model, data }: WholeLoggedModel) {
  const { id, experimentId, name, status, modelType, sourceRunId, artifactUri, createdMs } = model;
  return {
    id,
    experimentId,
    name,
    status,
    artifactUri,
    createdAt: createdMs,
    ...(modelType === undefined ? {} : { modelType }),
    ...(sourceRunId === undefined ? {} : { sourceRunId }),
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
  };
}
