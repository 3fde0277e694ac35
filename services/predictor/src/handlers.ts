import type { predictor } from '@mlab/contracts/predictor';
import type { HandlersOf } from '@mlab/kernel';
import { predict } from '#/domain/demo-model.ts';
import { modelHandlers } from '#/model-handlers.ts';
import type { OpenedModels } from '#/models/open-models.ts';

interface Deps {
  readonly random: () => number;
  readonly models: OpenedModels;
}

export const handlers = ({ random, models }: Deps): HandlersOf<typeof predictor> => ({
  predict: ({ input }) => predict(input, random),
  ...modelHandlers(models),
});
