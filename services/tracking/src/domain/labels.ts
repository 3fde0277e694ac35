import { checkKey, checkLength, fitParamValue, fitTagValue, LIMITS, type LongValues } from '@mlab/mlflow';
import type { Tag } from './experiment.ts';
import { RUN_NAME_TAG } from './run.ts';

export interface LabelOptions {
  readonly longValues: LongValues;
  /** Whether they are several of one request: then a refusal says which. */
  readonly inBatch: boolean;
}

/** Parameters as they are kept. */
export function readParams(params: readonly Tag[], { longValues, inBatch }: LabelOptions): readonly Tag[] {
  return params.map(({ key, value }, index) => {
    checkKey('param', key, inBatch ? index : undefined);
    return { key, value: fitParamValue(value, longValues) };
  });
}

/** Tags as they are kept. An empty name of a run is no name, and does not take away the one it has. */
export function readTags(tags: readonly Tag[], { longValues, inBatch }: LabelOptions): readonly Tag[] {
  const read = tags.map(({ key, value }, index) => {
    const at = inBatch ? index : undefined;
    checkKey('tag', key, at);
    return { key, value: fitTagValue(value, longValues, at) };
  });
  return read.filter(isSaid);
}

/** Tags of a run that is being created: their keys may have any characters, for there MLflow does not look at them. */
export function readFirstTags(tags: readonly Tag[], longValues: LongValues): readonly Tag[] {
  const read = tags.map(({ key, value }, index) => {
    checkLength(`tags[${index}].key`, key, LIMITS.key);
    return { key, value: fitTagValue(value, longValues, index) };
  });
  return read.filter(isSaid);
}

const isSaid = ({ key, value }: Tag): boolean => key !== RUN_NAME_TAG || value !== '';
