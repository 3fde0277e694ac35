import { invalidParameter } from '@mlab/mlflow';
import type { Tag } from '#/domain/experiment.ts';

/** A parameter is what a run was made with: it may be said again, and never otherwise. `kept` are those that are there with another value. */
export function refuseChanged(runId: string, given: readonly Tag[], kept: readonly Tag[]): void {
  if (kept.length === 0) return;
  const values = new Map(given.map(({ key, value }) => [key, value]));
  const [first] = kept;
  if (given.length === 1 && first !== undefined) {
    throw invalidParameter(
      `Changing param values is not allowed. Param with key='${first.key}' was already logged with value='${first.value}' for run ID='${runId}'. ` +
        `Attempted logging new value '${values.get(first.key) ?? ''}'.`,
    );
  }
  const changed = kept.map(({ key, value }) => `{'key': '${key}', 'old_value': '${value}', 'new_value': '${values.get(key) ?? ''}'}`);
  throw invalidParameter(
    `Changing param values is not allowed. Params were already logged='[${changed.join(', ')}]' for run ID='${runId}'.`,
  );
}
