import type { SourceLoggedModel } from '../source.ts';
import { artifactsOf } from './artifacts-place.ts';
import type { Folder } from './folder.ts';
import { readMeta } from './meta.ts';
import { joined, pairsIn } from './read-files.ts';
import { fingerprintOf } from './read-run.ts';

/** By their numbers in MLflow's protobuf. */
const STATUSES: Readonly<Record<string, SourceLoggedModel['status']>> = { '1': 'PENDING', '2': 'READY', '3': 'UPLOAD_FAILED' };

/** A model of MLflow 3; undefined when the folder is none. */
export async function readLoggedModel(folder: Folder, place: string): Promise<SourceLoggedModel | undefined> {
  const meta = await readMeta(folder, place);
  if (meta === undefined) return undefined;
  const status = STATUSES[meta.optional('status') ?? '1'];
  if (status === undefined) throw new Error(`status ${meta.optional('status') ?? ''} is none that MLflow has`);
  const artifactUri = meta.optional('artifact_location') ?? '';
  return {
    kind: 'logged model',
    id: meta.text('model_id'),
    name: meta.text('name'),
    status,
    modelType: meta.optional('model_type') || undefined,
    sourceRunId: meta.optional('source_run_id') || undefined,
    createdAt: meta.integer('creation_timestamp'),
    updatedAt: meta.integer('last_updated_timestamp'),
    deleted: meta.optional('lifecycle_stage') === 'deleted',
    params: await pairsIn(folder, joined(place, 'params')),
    tags: await pairsIn(folder, joined(place, 'tags')),
    artifactUri,
    place,
    fingerprint: await fingerprintOf(folder, place, artifactsOf(folder, { place, artifactUri }).path),
  };
}
