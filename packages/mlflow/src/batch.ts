import { invalidParameter } from '#/errors.ts';
import { LIMITS } from '#/limits.ts';
import { checkKey, checkLength } from '#/names.ts';
import { firstCharacters, pythonRepr } from '#/python.ts';

interface Metric {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** What it was measured on: both or none. */
  readonly dataset_name?: string | undefined;
  readonly dataset_digest?: string | undefined;
}

/** Refuses a metric that MLflow refuses. `index` is its place in a batch. */
export function checkMetric({ key, value, timestamp, dataset_name: name, dataset_digest: digest }: Metric, index?: number): void {
  checkKey('metric', key, index);
  if (isThere(name) !== isThere(digest)) throw invalidParameter('Both dataset_name and dataset_digest must be provided if one is provided');
  if (timestamp >= 0) return;
  const path = index === undefined ? 'timestamp' : `metrics[${index}].timestamp`;
  throw invalidParameter(
    `Invalid value ${timestamp} for parameter '${path}' supplied: metric '${key}' (value=${value}). ` +
      'Timestamp must be a nonnegative long (64-bit integer) ',
  );
}

const isThere = (text: string | undefined): boolean => text !== undefined && text !== '';

interface Batch {
  readonly metrics: readonly unknown[];
  readonly params: readonly { readonly key: string }[];
  readonly tags: readonly unknown[];
}

/** Refuses a batch that is too large, or names a parameter twice. */
export function checkBatch({ metrics, params, tags }: Batch): void {
  checkCount('metrics', metrics.length, LIMITS.metricsPerBatch);
  checkCount('params', params.length, LIMITS.paramsPerBatch);
  checkCount('tags', tags.length, LIMITS.tagsPerBatch);
  checkCount('metrics, params, and tags', metrics.length + params.length + tags.length, LIMITS.entitiesPerBatch);
  const keys = new Set<string>();
  const twice = params.filter(({ key }) => keys.size === keys.add(key).size).map(({ key }) => pythonRepr(key));
  if (twice.length > 0) {
    throw invalidParameter(
      `Duplicate parameter keys have been submitted: [${twice.join(', ')}]. Please ensure the request contains only one param value per param key.`,
    );
  }
}

function checkCount(name: string, count: number, limit: number): void {
  if (count <= limit) return;
  throw invalidParameter(
    `A batch logging request can contain at most ${limit} ${name}. Got ${count} ${name}. ` +
      `Please split up ${name} across multiple requests and try again.`,
  );
}

/** What becomes of values that are too long: MLFLOW_TRUNCATE_LONG_VALUES says `cut`, unless it is false. */
export type LongValues = 'cut' | 'refuse';

/** The value of a parameter as it is kept. */
export const fitParamValue = (value: string, long: LongValues): string => fit('Param value', value, LIMITS.paramValue, long);

/** The value of a run's tag as it is kept. `index` is its place in a batch. */
export const fitTagValue = (value: string, long: LongValues, index?: number): string =>
  fit(index === undefined ? 'value' : `tags[${index}].value`, value, LIMITS.tagValue, long);

function fit(name: string, value: string, limit: number, long: LongValues): string {
  if (long === 'refuse') checkLength(name, value, limit);
  return firstCharacters(value, limit);
}
