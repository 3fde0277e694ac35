import { createHash } from 'node:crypto';
import { messageOf } from '../../cli-error.ts';
import { ask, askJson, bytesOf, HttpError, type Asked, type Fields, type Question } from '../http/ask.ts';
import { integerField, listField, mustText, numberField, objectField, pairsField, textField } from '../http/fields.ts';
import type { Found, Measured, MeasuredOfModel, Source, SourceFile, SourceLoggedModel, SourceRun } from '../source.ts';
import { modelOf } from './model-of.ts';
import { pages, query } from './pages.ts';
import { registeredModelsOf } from './registered-models.ts';
import { runOf } from './run-of.ts';

const RUNS = 500;
const HISTORY = 25_000;
const BATCH = 1000;
/** Folders that lie deeper than this are no folders that somebody has made. */
const MAX_DEPTH = 64;

/** Another MLflow server, asked as its own client asks it. https://mlflow.org/docs/latest/rest-api.html */
export function serverSource(server: Asked, name: string): Source {
  const api = (path: string, question?: Question): Promise<Fields> => askJson(server, `/api/2.0/mlflow/${path}`, question);
  const post = (path: string, json: unknown): Promise<Fields> => api(path, { method: 'POST', json });

  async function* listed(owner: SourceRun | SourceLoggedModel, path: string): AsyncGenerator<Fields, void, void> {
    const where = owner.kind === 'run' ? 'artifacts/list' : `logged-models/${encodeURIComponent(owner.id)}/artifacts/directories`;
    const asked = owner.kind === 'run' ? { run_id: owner.id, path: path || undefined } : { artifact_directory_path: path || undefined };
    for await (const page of pages((page_token) => api(where + query({ ...asked, page_token })))) yield* listField(page, 'files');
  }
  async function* filesBelow(
    owner: SourceRun | SourceLoggedModel,
    path: string,
    depth: number,
  ): AsyncGenerator<Found<SourceFile>, void, void> {
    const folders: string[] = [];
    for await (const file of listed(owner, path)) {
      const below = textField(file, 'path') ?? '';
      // It must lie in the folder that was asked for: paths are those of files here as well.
      if (!isBelow(below, path)) yield { id: below, problem: 'the server says a path that is none' };
      else if (file['is_dir'] === true) folders.push(below);
      else yield { value: { path: below, size: integerField(file, 'file_size') ?? 0 } };
    }
    if (depth > MAX_DEPTH) throw new Error(`${path} has folders in folders without end`);
    for (const folder of folders) yield* filesBelow(owner, folder, depth + 1);
  }

  async function* history(runId: string, key: string): AsyncGenerator<readonly Measured[], void, void> {
    const asked = { run_id: runId, metric_key: key, max_results: HISTORY };
    for await (const page of pages((page_token) => api(`metrics/get-history${query({ ...asked, page_token })}`))) {
      const values = listField(page, 'metrics').map((one) => ({ ...momentOf(one), value: numberField(one, 'value') }));
      for (let at = 0; at < values.length; at += BATCH) yield values.slice(at, at + BATCH);
    }
  }
  /** A server that keeps its runs in a database says 0 of a model's metric that was NaN; the run's own still is. */
  async function wasNaN({ value, runId, key, timestamp, step }: MeasuredOfModel): Promise<boolean> {
    if (value !== 0) return false;
    let found = false;
    for await (const values of history(runId, key)) {
      const there = values.filter((one) => one.timestamp === timestamp && one.step === step);
      if (there.some((one) => one.value === 0)) return false;
      found ||= there.some((one) => Number.isNaN(one.value));
    }
    return found;
  }

  return {
    name,
    async *experiments() {
      const answers = pages((page_token) => post('experiments/search', { max_results: 1000, view_type: 'ALL', page_token }));
      for await (const page of answers) {
        for (const one of listField(page, 'experiments')) {
          const [id, called] = [mustText(one, 'experiment_id'), mustText(one, 'name')];
          yield { value: { id, name: called, tags: pairsField(one, 'tags'), deleted: one['lifecycle_stage'] === 'deleted', place: id } };
        }
      }
    },
    countRuns: async () => undefined,
    async *runs({ id }) {
      const asked = { experiment_ids: [id], run_view_type: 'ALL', max_results: RUNS };
      for await (const page of pages((page_token) => post('runs/search', { ...asked, page_token })))
        for (const one of listField(page, 'runs')) yield readOne(one, 'run_id', runOf);
    },
    history: (run, key) => history(run.id, key),
    countHistory: async () => undefined,
    async *loggedModels({ id }) {
      try {
        const asked = { experiment_ids: [id], max_results: 50 };
        for await (const page of pages((page_token) => post('logged-models/search', { ...asked, page_token })))
          for (const one of listField(page, 'models')) yield readOne(one, 'model_id', modelOf);
      } catch (error) {
        // Before MLflow 3 there were none.
        if (!(error instanceof HttpError && error.status === 404 && error.code !== 'RESOURCE_DOES_NOT_EXIST')) throw error;
      }
    },
    async *modelMetrics(model) {
      const whole = objectField(await api(`logged-models/${encodeURIComponent(model.id)}`), 'model');
      const metrics: MeasuredOfModel[] = [];
      for (const one of listField(objectField(whole, 'data'), 'metrics')) {
        const metric = {
          ...momentOf(one),
          key: mustText(one, 'key'),
          value: numberField(one, 'value'),
          runId: textField(one, 'run_id') ?? model.sourceRunId ?? '',
          datasetName: textField(one, 'dataset_name'),
          datasetDigest: textField(one, 'dataset_digest'),
        };
        metrics.push((await wasNaN(metric)) ? { ...metric, value: NaN } : metric);
      }
      if (metrics.length > 0) yield metrics;
    },
    files: (owner) => filesBelow(owner, '', 0),
    async open(owner, { path }) {
      const where =
        owner.kind === 'run'
          ? `/get-artifact${query({ run_id: owner.id, path })}`
          : `/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(owner.id)}/artifacts/files${query({ artifact_file_path: path })}`;
      return bytesOf(await ask(server, where));
    },
    checksum: async () => undefined,
    registeredModels: () => registeredModelsOf(api),
  };
}

const momentOf = (one: Fields): { readonly timestamp: number; readonly step: number } => ({
  timestamp: integerField(one, 'timestamp') ?? 0,
  step: integerField(one, 'step') ?? 0,
});

function readOne<T extends { readonly id: string }>(one: Fields, id: string, read: (one: Fields, fingerprint: string) => T): Found<T> {
  try {
    return { value: read(one, createHash('sha256').update(JSON.stringify(one)).digest('hex')) };
  } catch (error) {
    return { id: textField(objectField(one, 'info'), id) ?? '?', problem: messageOf(error) };
  }
}

function isBelow(path: string, folder: string): boolean {
  const parts = path.split('/');
  const proper = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0') && !part.includes('\\'));
  return proper && (folder === '' || path.startsWith(`${folder}/`));
}
