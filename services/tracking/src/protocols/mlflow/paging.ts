import { invalidParameter } from '@mlab/mlflow';
import type { LifecycleStage } from '#/domain/experiment.ts';

const MAX_RESULTS = 50_000;

/** How many results a page has at most. */
export function pageSize(asked: number | undefined, otherwise: number): number {
  const size = asked ?? otherwise;
  if (size < 1) throw invalidParameter(`Invalid value ${size} for parameter 'max_results' supplied. It must be a positive integer`);
  if (size > MAX_RESULTS)
    throw invalidParameter(`Invalid value ${size} for parameter 'max_results' supplied. It must be at most ${MAX_RESULTS}`);
  return size;
}

export const VIEWS = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const;

export const stagesOf = (view: (typeof VIEWS)[number] | undefined): readonly LifecycleStage[] =>
  view === 'ALL' ? ['active', 'deleted'] : view === 'DELETED_ONLY' ? ['deleted'] : ['active'];
