import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host } from '@mlab/kernel';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog } from '@mlab/telemetry';
import { startImport } from '../../apps/cli/src/import/start-import.ts';
import { openFacilities } from '../../apps/platform/facilities.ts';
import { loadServices } from '../../apps/platform/services.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- answers of MLflow's protocol have no types of ours
export type Json = any;

/** A lab as far as an import needs it: a gateway, and behind it what keeps runs and models. */
export interface ImportLab extends AsyncDisposable {
  /** Its gateway. */
  readonly url: string;
  readonly home: string;
  get(path: string): Promise<Json>;
  post(path: string, body: object): Promise<Json>;
  /** The bytes of a file of a run, as text. */
  file(runId: string, path: string): Promise<string>;
}

async function startHost(env: { readonly DATABASE_URL: string; readonly MLAB_HOME: string }): Promise<{ host: Host } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const { logger } = openLog({ level: 'silent' });
  const services = Object.values(await loadServices(['predictor', 'tracking', 'registry', 'gateway']));
  const facilities = stack.use(await openFacilities({ env, services, logger, version: '0.0.0' }));
  const ports = { predictor: 0, tracking: 0, registry: 0, gateway: 0 };
  const host = stack.use(await Host.start({ services, ports, env, logger, version: '0.0.0', facilities }));
  const disposing = stack.move();
  return { host, [Symbol.asyncDispose]: () => disposing.disposeAsync() };
}

/** What the services make in a database at their first start. */
async function startOnce(url: string): Promise<void> {
  await using home = await mkdtempDisposable(join(tmpdir(), 'mlab-import-'));
  await using _host = await startHost({ DATABASE_URL: url, MLAB_HOME: home.path });
}

export async function startImportLab(): Promise<ImportLab> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await mkdtempDisposable(join(tmpdir(), 'mlab-import-')));
  const { url: DATABASE_URL } = stack.use(await openTestDatabase(startOnce));
  const { host } = stack.use(await startHost({ DATABASE_URL, MLAB_HOME: home }));
  const url = host.url('gateway');
  const ask = async (path: string, init: RequestInit): Promise<Json> => {
    const answer = await fetch(`${url}/mlflow/api/2.0/mlflow/${path}`, init);
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body}`);
    return JSON.parse(body) as unknown;
  };
  const disposing = stack.move();
  return {
    url,
    home,
    get: (path) => ask(path, {}),
    post: (path, body) => ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    file: async (runId, path) => (await fetch(`${url}/mlflow/get-artifact?run_id=${runId}&path=${encodeURIComponent(path)}`)).text(),
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

export interface ImportEnd {
  readonly out: string;
  readonly interrupted: boolean;
  readonly complete: boolean;
  /** Of `--json`. */
  readonly summary: Json;
  /** What became of each thing: `run <id>` → `brought`, or `failed: <reason>`. */
  readonly items: ReadonlyMap<string, string>;
}

export interface ImportWishes {
  readonly experiments?: readonly string[];
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Told of each line. */
  readonly onLine?: (line: string) => void;
}

/** Imports as the command does, in this process. */
export async function importInto(lab: Pick<ImportLab, 'url' | 'home'>, given: string, wishes: ImportWishes = {}): Promise<ImportEnd> {
  const { experiments = [], dryRun = false, verify = false, env = {}, signal = new AbortController().signal, onLine } = wishes;
  let out = '';
  const { interrupted, complete } = await startImport({
    given,
    base: lab.url,
    env,
    signal,
    experiments,
    dryRun,
    verify,
    json: true,
    stateFolder: join(lab.home, 'imports'),
    output: {
      write: (text) => {
        out += text;
        onLine?.(text);
      },
    },
  });
  const lines = out
    .trim()
    .split('\n')
    .map((line): Json => JSON.parse(line));
  const items = lines.flatMap(({ item }) => {
    if (item === undefined) return [];
    const { kind, id, outcome, reason } = item as Record<string, string>;
    return [[`${kind} ${id}`, reason === undefined ? outcome : `${outcome}: ${reason}`] as const];
  });
  return { out, interrupted, complete, summary: lines.at(-1)?.summary, items: new Map(items as [string, string][]) };
}

/** All that a lab holds, so that two can be compared; ids of experiments are their own. */
export async function everythingIn(lab: ImportLab): Promise<Json> {
  const { experiments } = await lab.post('experiments/search', { max_results: 1000, view_type: 'ALL' });
  const all: Json[] = [];
  for (const { experiment_id, name, tags, lifecycle_stage } of experiments as Json[]) {
    const { runs = [] } = await lab.post('runs/search', { experiment_ids: [experiment_id], run_view_type: 'ALL' });
    const { models = [] } = await lab.post('logged-models/search', { experiment_ids: [experiment_id] });
    all.push({
      name,
      tags,
      lifecycle_stage,
      runs: await Promise.all((runs as Json[]).map((run) => wholeRun(lab, run))),
      models: await Promise.all((models as Json[]).map((model) => wholeModel(lab, model))),
    });
  }
  const { registered_models = [] } = await lab.get('registered-models/search');
  const { model_versions = [] } = await lab.get('model-versions/search');
  const without = (one: Json): Json => ({ ...one, creation_timestamp: 0, last_updated_timestamp: 0, latest_versions: [] });
  return {
    experiments: all.toSorted((a: Json, b: Json) => (a.name < b.name ? -1 : 1)),
    models: (registered_models as Json[]).map(without),
    versions: (model_versions as Json[]).map(without).toSorted((a: Json, b: Json) => a.version - b.version),
  };
}

async function wholeRun(lab: ImportLab, { info, data, inputs, outputs }: Json): Promise<Json> {
  const histories: Record<string, unknown> = {};
  for (const { key } of (data.metrics ?? []) as Json[])
    histories[key as string] = (await lab.get(`metrics/get-history?run_id=${info.run_id}&metric_key=${encodeURIComponent(key)}`)).metrics;
  const files = await filesOf(lab, `runs:/${info.run_id}/`);
  return { info: { ...info, experiment_id: '', artifact_uri: '' }, data, inputs, outputs, histories, files };
}

async function wholeModel(lab: ImportLab, { info, data }: Json): Promise<Json> {
  const { last_updated_timestamp_ms: _changed, ...known } = info;
  return { info: { ...known, experiment_id: '', artifact_uri: '' }, data, files: await filesOf(lab, `models:/${info.model_id}`) };
}

async function filesOf(lab: ImportLab, uri: string): Promise<Json> {
  const { items } = (await (await fetch(`${lab.url}/tracking/files?uri=${encodeURIComponent(uri)}`)).json()) as { items: Json[] };
  return items.map(({ path, size, sha256 }: Json) => [path, size, sha256]);
}
