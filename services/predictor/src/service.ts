import { predictor } from '@mlab/contracts/predictor';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { handlers } from '#/handlers.ts';
import { openServing } from '#/open-serving.ts';
import { speakOpenInference } from '#/protocols/open-inference/open-inference.ts';
import { withDemo } from '#/protocols/with-demo.ts';
import { workers } from '#/workers.ts';

export const service = defineService({
  contract: predictor,
  needs: {},
  wants: { registry, tracking },
  config,
  // For its queues, where there is one; it has no tables of its own.
  database: { optional: true },
  start: ({ random, ...context }) => {
    const serving = openServing(context);
    const asked = handlers({ random, models: serving.models });
    const openInference = speakOpenInference({
      models: withDemo(serving.models, random),
      registry: context.clients.registry,
      clock: context.clock,
    });
    return {
      handlers: asked,
      protocols: { openInference },
      workers: workers(asked, openInference),
      [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
    };
  },
});
