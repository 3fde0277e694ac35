import { STAGES, type Stage } from '@mlab/contracts/registry-schemas';
import { invalidParameter } from '@mlab/mlflow';

/** MLflow reads stages without regard to case. */
export function canonicalStage(text: string): Stage {
  const stage = STAGES.find((known) => known.toLowerCase() === text.toLowerCase());
  if (stage === undefined)
    throw invalidParameter(`Invalid Model Version stage: ${text.slice(0, 100)}. Value must be one of ${STAGES.join(', ')}.`);
  return stage;
}

/** Only versions in an active stage make room for another one. */
export function checkArchiving(asked: string, stage: Stage): void {
  if (stage === 'Staging' || stage === 'Production') return;
  throw invalidParameter(
    `Model version transition cannot archive existing model versions because '${asked}' is not an Active stage. ` +
      "Valid stages are ['Staging', 'Production']",
  );
}
