import type { registry } from '@mlab/contracts/registry';
import type { tracking } from '@mlab/contracts/tracking';
import { AppError, type Check, type ClientOf, type Clock } from '@mlab/kernel';
import type { Logger, Metrics } from '@mlab/telemetry';
import type { Config } from '#/config.ts';
import { ExplainThread } from '#/explain/explain-thread.ts';
import { LargeQuestions } from '#/large/large-questions.ts';
import { loadModel } from '#/models/load-model.ts';
import { Memory } from '#/models/memory.ts';
import { openReader } from '#/models/open-reader.ts';
import { OpenedModels } from '#/models/open-models.ts';
import { openTally } from '#/models/tally.ts';

export interface ServingOptions {
  readonly clients: { readonly registry: ClientOf<typeof registry> | undefined; readonly tracking: ClientOf<typeof tracking> | undefined };
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface Serving extends AsyncDisposable {
  readonly models: OpenedModels;
  readonly thread: ExplainThread;
  readonly large: LargeQuestions;
  /** For people: a version that cannot be loaded keeps nobody from asking the others. */
  readonly check: () => Check;
}

/** Models of the registry, served. Nothing is loaded, nor anybody asked, before a model is asked for. */
export function openServing({ clients: { registry, tracking }, config, clock, log, metrics }: ServingOptions): Serving {
  const tally = openTally(metrics);
  const thread = new ExplainThread(config.readerMemoryMb);
  const large = new LargeQuestions(config);
  const reader = openReader(config.readerMemoryMb);
  const memory = new Memory({
    config,
    clock,
    log,
    tally,
    load: (version, counted, call) => {
      if (tracking === undefined)
        throw new AppError('unavailable', 'This lab runs without Experiment Tracking, which keeps the files of models.');
      return loadModel({ tracking, config, clock, read: reader.read }, version, counted, call);
    },
  });
  const models = new OpenedModels({ registry, config, clock, log, tally, memory });
  return {
    models,
    thread,
    large,
    check: () => {
      const states = models.list().map(({ state }) => state);
      const wrong = states.filter((state) => state === 'failed' || state === 'quarantined').length;
      const detail = `${states.length - wrong} in memory or on their way${wrong === 0 ? '' : `, ${wrong} failed or quarantined: GET /models`}`;
      return { name: 'models', ok: wrong === 0, required: false, detail };
    },
    [Symbol.asyncDispose]: async () => {
      await memory[Symbol.asyncDispose]();
      await thread[Symbol.asyncDispose]();
      await large[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose]();
    },
  };
}
