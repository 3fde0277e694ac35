import { predictor } from '@mlab/contracts/predictor';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { handlers } from '#/handlers.ts';

export const service = defineService({
  contract: predictor,
  needs: {},
  config,
  start: ({ random }) => ({ handlers: handlers({ random }) }),
});
