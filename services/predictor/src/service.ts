import { predictor } from '@mlab/contracts/predictor';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { handlers } from '#/handlers.ts';
import { openServing } from '#/open-serving.ts';
import { speakOpenInference } from '#/protocols/open-inference/open-inference.ts';
import { withDemo } from '#/protocols/with-demo.ts';

export const service = defineService({
  contract: predictor,
  needs: {},
  wants: { registry, tracking },
  config,
  start: ({ random, ...context }) => {
    const serving = openServing(context);
    return {
      handlers: handlers({ random, models: serving.models }),
      protocols: {
        openInference: speakOpenInference({
          models: withDemo(serving.models, random),
          registry: context.clients.registry,
          clock: context.clock,
        }),
      },
      [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
    };
  },
});
