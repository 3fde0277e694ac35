import type { KeptDataset } from '#/domain/dataset.ts';
import type { KeptJob } from '#/domain/job.ts';

export interface EnvironmentOptions {
  /** Where MLflow's client finds tracking and registry. */
  readonly trackingUri: string;
  /** Where others find this service. */
  readonly publicUrl: string;
  /** What programs of this machine need to run at all; absent where they run elsewhere. */
  readonly machine: Readonly<Record<string, string | undefined>> | undefined;
}

/** On this machine, where it reads and where it may write. */
export interface Places {
  readonly dataset: string;
  readonly output: string;
}

/** Nothing else of this process' environment is anybody's business: it holds passwords. */
const OF_MACHINE = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SystemRoot',
  'ComSpec',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'NODE_COMPILE_CACHE',
  'NODE_EXTRA_CA_CERTS',
];

/** What any program of this machine needs to run. */
export const machineEnvironment = (machine: EnvironmentOptions['machine']): Readonly<Record<string, string>> =>
  Object.fromEntries(OF_MACHINE.flatMap((name) => (machine?.[name] === undefined ? [] : [[name, machine[name]] as const])));

/** What a program that trains finds in its environment. What the job says itself wins, but for what ties it to its run. */
export function environmentOf(
  { job, dataset }: { readonly job: KeptJob; readonly dataset: KeptDataset },
  { trackingUri, publicUrl, machine }: EnvironmentOptions,
  places: Places | undefined,
): Readonly<Record<string, string>> {
  const { id, runId, spec } = job;
  const { trainer, target, task, features, seed, params, experiment, model } = spec;
  const given = typeof trainer === 'string' ? {} : trainer.env;
  const told: Readonly<Record<string, string | undefined>> = {
    MLFLOW_TRACKING_URI: trackingUri,
    MLFLOW_REGISTRY_URI: trackingUri,
    MLFLOW_RUN_ID: runId,
    MLFLOW_EXPERIMENT_NAME: experiment,
    MLAB_JOB: id,
    MLAB_DATASET_URL: `${publicUrl.replace(/\/$/, '')}/datasets/${dataset.id}/content`,
    MLAB_DATASET: places?.dataset,
    MLAB_OUTPUT: places?.output,
    MLAB_TARGET: target,
    MLAB_TASK: task,
    MLAB_FEATURES: features === undefined ? undefined : JSON.stringify(features),
    MLAB_PARAMS: JSON.stringify(params),
    MLAB_SEED: String(seed),
    MLAB_MODEL: model,
  };
  const entries = Object.entries(told).filter((entry): entry is [string, string] => entry[1] !== undefined);
  // A variable holds no NUL, whoever names it.
  return Object.fromEntries(
    [...Object.entries(machineEnvironment(machine)), ...Object.entries(given), ...entries].map(([name, value]) => [
      name,
      value.replaceAll('\0', ''),
    ]),
  );
}
