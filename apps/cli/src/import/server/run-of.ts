import type { Fields } from '../http/ask.ts';
import { integerField, listField, mustText, objectField, pairsField, textField } from '../http/fields.ts';
import type { RunStatus, SourceRun } from '../source.ts';

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const satisfies readonly RunStatus[];
const RUN_NAME_TAG = 'mlflow.runName';

/** A run as MLflow's server answers it. */
export function runOf(run: Fields, fingerprint: string): SourceRun {
  const [info, data] = [objectField(run, 'info'), objectField(run, 'data')];
  const tags = pairsField(data, 'tags');
  const status = STATUSES.find((one) => one === (textField(info, 'status') ?? 'RUNNING'));
  if (status === undefined) throw new Error(`status ${textField(info, 'status') ?? ''} is none that MLflow has`);
  const id = textField(info, 'run_id') ?? mustText(info, 'run_uuid');
  return {
    kind: 'run',
    id,
    name: textField(info, 'run_name') ?? tags.find(({ key }) => key === RUN_NAME_TAG)?.value ?? '',
    userId: textField(info, 'user_id') ?? '',
    status,
    startTime: integerField(info, 'start_time') ?? 0,
    endTime: integerField(info, 'end_time'),
    deleted: info['lifecycle_stage'] === 'deleted',
    params: pairsField(data, 'params'),
    tags,
    metricKeys: [...new Set(listField(data, 'metrics').map((metric) => mustText(metric, 'key')))],
    datasets: listField(objectField(run, 'inputs'), 'dataset_inputs').map((input) => {
      const dataset = objectField(input, 'dataset');
      return {
        name: mustText(dataset, 'name'),
        digest: mustText(dataset, 'digest'),
        sourceType: textField(dataset, 'source_type') ?? '',
        source: textField(dataset, 'source') ?? '',
        schema: textField(dataset, 'schema'),
        profile: textField(dataset, 'profile'),
        tags: pairsField(input, 'tags'),
      };
    }),
    usedModels: listField(objectField(run, 'inputs'), 'model_inputs').map((input) => mustText(input, 'model_id')),
    madeModels: listField(objectField(run, 'outputs'), 'model_outputs').map((output) => ({
      modelId: mustText(output, 'model_id'),
      step: integerField(output, 'step') ?? 0,
    })),
    artifactUri: textField(info, 'artifact_uri') ?? '',
    place: id,
    fingerprint,
  };
}
