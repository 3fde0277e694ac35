import type { predictor } from '@mlab/contracts/predictor';
import type { HandlersOf } from '@mlab/kernel';
import { predict } from '#/domain/demo-model.ts';

interface Deps {
  readonly random: () => number;
}

export const handlers = ({ random }: Deps): HandlersOf<typeof predictor> => ({
  predict: ({ input }) => predict(input, random),
});
