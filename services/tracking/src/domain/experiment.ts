import { invalidParameter, mlflowError } from '@mlab/mlflow';

export type LifecycleStage = 'active' | 'deleted';

export interface Experiment {
  /** A whole number as text. */
  readonly id: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  /** In milliseconds since 1970. */
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly tags: readonly Tag[];
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The experiment that is there from the start. */
const DEFAULT_EXPERIMENT_ID = '0';

/** Ids are whole numbers. One that is negative, or too large for a `bigint` column, names an experiment that does not exist. */
export function experimentId(text: string | undefined): string {
  const id = text === undefined || text === '' ? DEFAULT_EXPERIMENT_ID : text;
  if (!/^-?\d+$/.test(id)) throw invalidParameter(`Invalid experiment ID '${id.slice(0, 64)}'. Experiment ID must be a valid integer.`);
  const digits = id.replace(/^0+(?=\d)/, '');
  if (digits.startsWith('-') || digits.length > 18) throw noExperiment(id);
  return digits;
}

export const noExperiment = (id: string): Error =>
  mlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id.slice(0, 64)} exists`);

/** What is written needs an experiment that is not deleted. */
export function mustBeActive({ id, lifecycleStage }: Pick<Experiment, 'id' | 'lifecycleStage'>): void {
  if (lifecycleStage !== 'active')
    throw invalidParameter(`The experiment ${id} must be in the 'active' state. Current state is ${lifecycleStage}.`);
}

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
/** Where clients can put files: through this server, or into a store that they have the keys of. Never into the file system of whoever asks. */
const SCHEMES = new Set([
  'mlflow-artifacts',
  's3',
  'gs',
  'wasb',
  'wasbs',
  'abfs',
  'abfss',
  'hdfs',
  'dbfs',
  'r2',
  'b2',
  'http',
  'https',
  'ftp',
  'sftp',
]);
/** MLflow's own, unless MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH says another. */
const MAX_LOCATION = 2048;

/** Where the artifacts of an experiment are to lie, as a client says it. */
export function checkArtifactLocation(location: string): string {
  const scheme = SCHEME.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined || !SCHEMES.has(scheme)) {
    throw invalidParameter(
      `Invalid value ${JSON.stringify(location.slice(0, 100))} for parameter 'artifact_location' supplied: expected a URI such as mlflow-artifacts:/models or s3://bucket/folder.`,
    );
  }
  if (/[?#;]/.test(location)) throw invalidParameter("'artifact_location' URL can't include fragments or params.");
  if (location.length > MAX_LOCATION)
    throw invalidParameter(
      `Invalid artifact path length. The length of the artifact path cannot be greater than ${MAX_LOCATION} characters.`,
    );
  let decoded = location;
  for (let last = ''; decoded !== last;) {
    last = decoded;
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      break;
    }
  }
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/(^|[\\/:])\.\.([\\/]|$)|[\\\u0000-\u001f\u007f]/.test(decoded)) {
    throw invalidParameter(`Invalid value for parameter 'artifact_location' supplied: it has a part that leads out of its folder.`);
  }
  return location.replace(/\/+$/, '');
}
