import type { Stage } from '@mlab/contracts/registry-schemas';
import type { Transaction } from '@mlab/kernel';
import type { ModelVersion } from '#/domain/model.ts';
import type { Who } from '#/domain/who.ts';
import type { Journal } from '#/journal.ts';
import { setStage } from '#/store/versions.ts';

interface Deps {
  readonly journal: Journal;
  readonly nowMs: () => number;
}

/** Moves a version to one of MLflow's stages; told when it was in another one. */
export async function moveToStage(tx: Transaction, { journal, nowMs }: Deps, who: Who, version: ModelVersion, stage: Stage): Promise<void> {
  await setStage(tx, version, stage, nowMs());
  if (version.stage === stage) return;
  const model = { id: version.modelId, name: version.name };
  await journal.record(tx, who, {
    event: 'stageChanged',
    data: { model: model.name, version: version.version, from: version.stage, to: stage },
    model,
    version: version.version,
    before: { stage: version.stage },
    after: { stage },
  });
}
