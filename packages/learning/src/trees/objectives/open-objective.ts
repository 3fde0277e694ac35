import { binary, multiclass } from '#/trees/objectives/classification.ts';
import type { Objective, ObjectiveKind } from '#/trees/objectives/objective.ts';
import { pinball, poisson, squared } from '#/trees/objectives/regression.ts';

export function openObjective(kind: ObjectiveKind): Objective {
  switch (kind.name) {
    case 'binary':
      return binary;
    case 'multiclass':
      return multiclass(kind.classes);
    case 'squared':
      return squared;
    case 'absolute':
      return pinball(0.5, 2);
    case 'quantile':
      return pinball(kind.alpha, 1);
    case 'poisson':
      return poisson(kind.maxDeltaStep);
  }
}
