import type { registry } from '@mlab/contracts/registry';
import type { tracking } from '@mlab/contracts/tracking';
import { AppError, type HandlersOf } from '@mlab/kernel';

interface Point {
  readonly key: string;
  readonly value: number | 'NaN';
  readonly timestamp: number;
  readonly step: number;
  readonly modelId?: string;
}

export interface FakeRun {
  readonly id: string;
  readonly experiment: string;
  readonly name: string;
  status: string;
  readonly params: Map<string, string>;
  readonly tags: Map<string, string>;
  readonly metrics: Point[];
  readonly files: Map<string, Buffer>;
  readonly datasets: { readonly name: string; readonly digest: string }[];
  readonly models: Set<string>;
}

export interface FakeModel {
  readonly id: string;
  readonly run: string | undefined;
  status: string;
  readonly files: Map<string, Buffer>;
  readonly metrics: Point[];
}

export interface FakeVersion {
  readonly model: string;
  readonly version: number;
  readonly source: string;
  readonly runId: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** What tracking and the registry would keep. They can be told to be away. */
export interface Fakes {
  readonly runs: Map<string, FakeRun>;
  readonly models: Map<string, FakeModel>;
  readonly versions: FakeVersion[];
  /** Calls of these operations are refused. */
  readonly away: Set<string>;
  /** Told of each call. */
  onCall: (operation: string) => void;
  readonly tracking: Partial<HandlersOf<typeof tracking>>;
  readonly registry: Partial<HandlersOf<typeof registry>>;
}

const NOW = '2026-01-01T00:00:00.000Z';

export function openFakes(): Fakes {
  const fakes = { runs: new Map<string, FakeRun>(), models: new Map<string, FakeModel>(), versions: [] as FakeVersion[] };
  const away = new Set<string>();
  const state: { onCall: Fakes['onCall'] } = { onCall: () => {} };
  const called = (operation: string): void => {
    state.onCall(operation);
    if (away.has(operation)) throw new AppError('unavailable', `${operation} is away.`);
  };
  const run = (id: string): FakeRun => {
    const found = fakes.runs.get(id);
    if (found === undefined) throw new AppError('not_found', `There is no run ${id}.`);
    return found;
  };
  const model = (id: string): FakeModel => {
    const found = fakes.models.get(id);
    if (found === undefined) throw new AppError('not_found', `There is no logged model ${id}.`);
    return found;
  };
  const tracking: Fakes['tracking'] = {
    ensureExperiment: ({ name }) => {
      called('ensureExperiment');
      return { id: `e-${name}`, created: true };
    },
    getRun: ({ id }) => {
      called('getRun');
      const { experiment, name, status, metrics: points, models } = run(id);
      const metrics = [...new Map(points.map((point) => [point.key, point])).values()];
      const shown = { id, experimentId: experiment, name, userId: '', status: status as 'RUNNING', lifecycleStage: 'active' as const };
      return { ...shown, startTime: 0, artifactUri: `mlflow-artifacts:/${id}`, params: {}, tags: {}, metrics, models: [...models] };
    },
    importRun: ({ id, experimentId, name, status, params, tags }) => {
      called('importRun');
      if (fakes.runs.has(id)) throw new AppError('conflict', `The run ${id} is there.`);
      const pairs = (list: readonly { key: string; value: string }[]) => new Map(list.map(({ key, value }) => [key, value]));
      const made = { id, experiment: experimentId, name, status, params: pairs(params), tags: pairs(tags) };
      fakes.runs.set(id, { ...made, metrics: [], files: new Map(), datasets: [], models: new Set() });
      return { outcome: 'created', lifecycleStage: 'active', artifactUri: `mlflow-artifacts:/${id}`, metrics: [] };
    },
    logToRun: ({ id, metrics, params, tags, datasets, models }) => {
      called('logToRun');
      const one = run(id);
      const same = (a: Point, b: Point): boolean =>
        a.key === b.key && a.step === b.step && a.timestamp === b.timestamp && a.value === b.value;
      for (const metric of metrics) {
        const points = metric.modelId === undefined ? one.metrics : model(metric.modelId).metrics;
        if (!points.some((point) => same(point, metric))) points.push(metric);
      }
      for (const { key, value } of params) {
        if ((one.params.get(key) ?? value) !== value) throw new AppError('invalid', `The parameter ${key} is another one.`);
        one.params.set(key, value);
      }
      for (const { key, value } of tags) one.tags.set(key, value);
      for (const { name, digest } of datasets)
        if (!one.datasets.some((known) => known.digest === digest)) one.datasets.push({ name, digest });
      for (const made of models) one.models.add(made.id);
      return {};
    },
    setRunStatus: ({ id, status }) => {
      called('setRunStatus');
      run(id).status = status;
      return {};
    },
    importLoggedModel: ({ id, name, sourceRunId, status }) => {
      called('importLoggedModel');
      if (/[/:.%"']/.test(name)) throw new AppError('invalid', `Invalid model name (${name}) provided.`);
      fakes.models.set(id, { id, run: sourceRunId, status, files: new Map(), metrics: [] });
      return { outcome: 'created', lifecycleStage: 'active', artifactUri: `mlflow-artifacts:/${id}` };
    },
    getLoggedModel: ({ id }) => {
      called('getLoggedModel');
      const { status, run: sourceRunId } = model(id);
      const shown = {
        id,
        experimentId: 'e',
        name: 'm',
        status: status as 'READY',
        artifactUri: `mlflow-artifacts:/${id}`,
        createdAt: 0,
        params: {},
        tags: {},
      };
      return { ...shown, ...(sourceRunId === undefined ? {} : { sourceRunId }) };
    },
    setLoggedModelStatus: ({ id, status }) => {
      called('setLoggedModelStatus');
      model(id).status = status;
      return {};
    },
    putFile: async ({ uri, body }) => {
      called('putFile');
      const [, kind, id = '', path = ''] = /^(runs|models):\/([^/]+)\/(.+)$/.exec(uri) ?? [];
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      (kind === 'runs' ? run(id) : model(id)).files.set(path, Buffer.concat(chunks));
      return { uri };
    },
  };
  const registry: Fakes['registry'] = {
    registerVersion: ({ name, source, runId, tags, once }) => {
      called('registerVersion');
      const known = once ? fakes.versions.find((version) => version.model === name && version.source === source) : undefined;
      const version = known ?? {
        model: name,
        version: fakes.versions.filter((other) => other.model === name).length + 1,
        source,
        runId,
        tags,
      };
      if (known === undefined) fakes.versions.push(version);
      const shown = { ...version, location: source, stage: 'None' as const, approval: 'candidate' as const, registeredBy: 'training' };
      const { runId: by, ...rest } = { ...shown, aliases: [], createdAt: NOW, updatedAt: NOW, approvals: [], checks: {}, metrics: {} };
      return { ...rest, ...(by === undefined ? {} : { runId: by }) };
    },
  };
  return {
    ...fakes,
    away,
    tracking,
    registry,
    get onCall() {
      return state.onCall;
    },
    set onCall(told) {
      state.onCall = told;
    },
  };
}
