import { createHash } from 'node:crypto';
import type { MadeModel, RunStatus, SourceDataset, SourceExperiment, SourceRun } from '../source.ts';
import { artifactsOf } from './artifacts-place.ts';
import type { Folder } from './folder.ts';
import { readMeta, type Meta } from './meta.ts';
import { filesBelow, joined, keysIn, pairsIn, textOf } from './read-files.ts';

/** By their numbers in MLflow's protobuf. */
const STATUSES: Readonly<Record<string, RunStatus>> = { '1': 'RUNNING', '2': 'SCHEDULED', '3': 'FINISHED', '4': 'FAILED', '5': 'KILLED' };
const RUN_NAME_TAG = 'mlflow.runName';

/** A run of a folder; undefined when the folder is none. Throws when a part of it cannot be read: half of a run is not the run. */
export async function readRun(folder: Folder, experiment: SourceExperiment, place: string): Promise<SourceRun | undefined> {
  const meta = await readMeta(folder, place);
  if (meta === undefined) return undefined;
  const tags = await pairsIn(folder, joined(place, 'tags'));
  const artifactUri = meta.optional('artifact_uri') ?? '';
  return {
    kind: 'run',
    id: meta.optional('run_id') ?? meta.text('run_uuid'),
    name: meta.optional('run_name') ?? tags.find(({ key }) => key === RUN_NAME_TAG)?.value ?? meta.optional('name') ?? '',
    userId: meta.optional('user_id') ?? '',
    status: statusOf(meta),
    startTime: meta.optionalInteger('start_time') ?? 0,
    endTime: meta.optionalInteger('end_time'),
    deleted: meta.optional('lifecycle_stage') === 'deleted',
    params: await pairsIn(folder, joined(place, 'params')),
    tags,
    metricKeys: await keysIn(folder, joined(place, 'metrics')),
    ...(await linksOf(folder, experiment, place)),
    artifactUri,
    place,
    fingerprint: await fingerprintOf(folder, place, artifactsOf(folder, { place, artifactUri }).path),
  };
}

function statusOf(meta: Meta): RunStatus {
  const status = meta.optional('status');
  if (status === undefined) return 'RUNNING';
  const known = Object.values(STATUSES).find((one) => one === status) ?? (Object.hasOwn(STATUSES, status) ? STATUSES[status] : undefined);
  if (known === undefined) throw new Error(`status ${status} is none that MLflow has`);
  return known;
}

/** What the run has used and made. */
async function linksOf(
  folder: Folder,
  experiment: SourceExperiment,
  place: string,
): Promise<Pick<SourceRun, 'datasets' | 'usedModels' | 'madeModels'>> {
  const datasets: SourceDataset[] = [];
  const usedModels: string[] = [];
  const madeModels: MadeModel[] = [];
  for (const { name, kind } of await folder.entries(joined(place, 'inputs'))) {
    const input = kind === 'folder' ? await readMeta(folder, joined(place, 'inputs', name)) : undefined;
    if (input === undefined) continue;
    const id = input.text('source_id');
    if (input.text('source_type') === 'MODEL') usedModels.push(id);
    else datasets.push({ ...(await readDataset(folder, joined(experiment.place, 'datasets', id))), tags: input.pairs('tags') });
  }
  for (const { name, kind } of await folder.entries(joined(place, 'outputs'))) {
    const output = kind === 'folder' ? await readMeta(folder, joined(place, 'outputs', name)) : undefined;
    if (output !== undefined) madeModels.push({ modelId: output.text('source_id'), step: output.optionalInteger('step') ?? 0 });
  }
  return { datasets, usedModels, madeModels };
}

async function readDataset(folder: Folder, place: string): Promise<Omit<SourceDataset, 'tags'>> {
  const meta = await readMeta(folder, place);
  if (meta === undefined) throw new Error(`${place}/meta.yaml is not there`);
  return {
    name: meta.text('name'),
    digest: meta.text('digest'),
    sourceType: meta.optional('source_type') ?? '',
    source: meta.optional('source') ?? '',
    schema: meta.optional('schema'),
    profile: meta.optional('profile'),
  };
}

/** Of what is written in it, and of the names, sizes and times of all its files: what has none of them changed need not be read again. */
export async function fingerprintOf(folder: Folder, place: string, artifacts: string): Promise<string> {
  const hash = createHash('sha256').update((await textOf(folder, joined(place, 'meta.yaml'))) ?? '');
  const parts = ['metrics', 'params', 'tags', 'inputs', 'outputs'].map((part) => joined(place, part));
  for (const part of [...parts, artifacts]) {
    for await (const found of filesBelow(folder, part)) {
      if (!('value' in found)) continue;
      const { path, size } = found.value;
      const modified = (await folder.file(joined(part, path)))?.modifiedMs ?? 0;
      hash.update(`${part}/${path}\0${size}\0${modified}\n`);
    }
  }
  return hash.digest('hex');
}
