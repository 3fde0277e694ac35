import type { predictor } from '@mlab/contracts/predictor';
import type { HandlersOf } from '@mlab/kernel';
import { predict } from '#/domain/demo-model.ts';
import { modelHandlers } from '#/model-handlers.ts';
import type { Serving } from '#/open-serving.ts';

interface Deps extends Pick<Serving, 'models' | 'thread'> {
  readonly random: () => number;
}

export const handlers = ({ random, ...serving }: Deps): HandlersOf<typeof predictor> => ({
  predict: ({ input }) => predict(input, random),
  ...modelHandlers(serving),
});
