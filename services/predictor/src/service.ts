import { predictor } from '@mlab/contracts/predictor';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { handlers } from '#/handlers.ts';
import { hears, listeners } from '#/listeners.ts';
import { openServing } from '#/open-serving.ts';
import { besideRows, predictRowsOverHttp } from '#/large/rows-over-http.ts';
import { inferByMessage } from '#/protocols/open-inference/by-message.ts';
import { speakOpenInference } from '#/protocols/open-inference/open-inference.ts';
import { Statistics } from '#/protocols/open-inference/statistics.ts';
import { withDemo } from '#/protocols/with-demo.ts';
import { workers } from '#/workers.ts';

export const service = defineService({
  contract: predictor,
  needs: {},
  wants: { registry, tracking },
  config,
  // For its queues, where there is one; it has no tables of its own.
  database: { optional: true },
  hears,
  start: ({ random, ...context }) => {
    const serving = openServing(context);
    const asked = handlers({ random, ...serving });
    const { registry } = context.clients;
    const protocols = {
      models: withDemo(serving.models, random),
      registry,
      statistics: new Statistics(context.clock),
      large: serving.large,
      isReady: context.isReady,
    };
    const openInference = speakOpenInference(protocols);
    const infer = inferByMessage(openInference);
    return {
      handlers: { ...asked, predictRows: predictRowsOverHttp(serving) },
      beside: { predictRows: besideRows(serving) },
      protocols: { openInference },
      grpc: async () => (await import('#/protocols/grpc/services.ts')).grpcServices({ ...protocols, handlers: asked, infer }),
      workers: workers(asked, infer),
      listeners: listeners(serving.models),
      checks: () => [serving.check()],
      [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
    };
  },
});
