import { checkLength, invalidParameter, LIMITS } from '@mlab/mlflow';
import type { Tag } from '#/domain/experiment.ts';

export interface Dataset {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | undefined;
  readonly profile: string | undefined;
}

/** A dataset that a run has used, with what is said of this use: `mlflow.data.context` is `training`, say. */
export interface DatasetUse {
  readonly dataset: Dataset;
  readonly tags: readonly Tag[];
}

export interface MadeModel {
  readonly modelId: string;
  readonly step: number;
}

/** What a run has used and made. */
export interface RunLinks {
  readonly datasets: readonly DatasetUse[];
  readonly usedModels: readonly string[];
  readonly madeModels: readonly MadeModel[];
}

/** Which of its uses a dataset was put to. */
export const DATASET_CONTEXT_TAG = 'mlflow.data.context';

export function checkDatasetUse({ dataset, tags }: DatasetUse): void {
  if (dataset.name === '') throw invalidParameter('Dataset name cannot be None');
  if (dataset.digest === '') throw invalidParameter('Dataset digest cannot be None');
  checkLength('name', dataset.name, LIMITS.datasetName);
  checkLength('digest', dataset.digest, LIMITS.datasetDigest);
  checkLength('source', dataset.source, LIMITS.datasetSource);
  checkLength('schema', dataset.schema ?? '', LIMITS.datasetSchema);
  checkLength('profile', dataset.profile ?? '', LIMITS.datasetProfile);
  for (const { key, value } of tags) {
    if (key === '') throw invalidParameter('InputTag key cannot be None');
    checkLength('key', key, LIMITS.inputTagKey);
    checkLength('value', value, LIMITS.inputTagValue);
  }
}

/** Of several with one name and digest the first one counts. */
export function distinctUses(uses: readonly DatasetUse[]): readonly DatasetUse[] {
  const known = new Map<string, DatasetUse>();
  for (const use of uses) {
    const key = JSON.stringify([use.dataset.name, use.dataset.digest]);
    if (!known.has(key)) known.set(key, use);
  }
  return [...known.values()];
}

/** Models may have been removed, or lie elsewhere: of an id only its length is looked at. */
export function checkModelId(id: string): void {
  if (id === '')
    throw invalidParameter(
      "Missing value for required parameter 'model_id'. See the API docs for more information about request parameters.",
    );
  checkLength('model_id', id, 255);
}
