import type { Fields } from '../http/ask.ts';
import { integerField, mustText, objectField, pairsField, textField } from '../http/fields.ts';
import type { SourceLoggedModel } from '../source.ts';

const STATUSES: Readonly<Record<string, SourceLoggedModel['status']>> = {
  LOGGED_MODEL_PENDING: 'PENDING',
  LOGGED_MODEL_READY: 'READY',
  LOGGED_MODEL_UPLOAD_FAILED: 'UPLOAD_FAILED',
};

/** A logged model as MLflow's server answers it. */
export function modelOf(model: Fields, fingerprint: string): SourceLoggedModel {
  const [info, data] = [objectField(model, 'info'), objectField(model, 'data')];
  const id = mustText(info, 'model_id');
  const said = textField(info, 'status') ?? 'LOGGED_MODEL_READY';
  const status = Object.hasOwn(STATUSES, said) ? STATUSES[said] : undefined;
  if (status === undefined) throw new Error(`status ${said} is none that MLflow has`);
  const createdAt = integerField(info, 'creation_timestamp_ms') ?? 0;
  return {
    kind: 'logged model',
    id,
    name: mustText(info, 'name'),
    status,
    modelType: textField(info, 'model_type') || undefined,
    sourceRunId: textField(info, 'source_run_id') || undefined,
    createdAt,
    updatedAt: integerField(info, 'last_updated_timestamp_ms') ?? createdAt,
    // Deleted ones are not listed.
    deleted: false,
    params: pairsField(data, 'params'),
    tags: pairsField(info, 'tags'),
    artifactUri: textField(info, 'artifact_uri') ?? '',
    place: id,
    fingerprint,
  };
}
