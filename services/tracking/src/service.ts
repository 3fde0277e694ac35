import { randomUUID } from 'node:crypto';
import { tracking } from '@mlab/contracts/tracking';
import { defineService } from '@mlab/kernel';
import { config } from '#/config.ts';
import { openExperiments } from '#/experiments.ts';
import { handlers } from '#/handlers.ts';
import { openMetricHistory } from '#/metric-history.ts';
import { openMetricWriter } from '#/metrics/metric-writer.ts';
import { openNumbers } from '#/metrics/numbers.ts';
import { observeWrites } from '#/metrics/telemetry.ts';
import { speakMlflow } from '#/protocols/mlflow/mlflow.ts';
import { openRuns } from '#/runs.ts';

export const service = defineService({
  contract: tracking,
  needs: {},
  config,
  database: { migrations: new URL('../migrations/', import.meta.url) },
  start({ config, database, metrics, clock, random }) {
    const nowMs = (): number => clock.now().getTime();
    const newId = (): string => randomUUID().replaceAll('-', '');
    const numbers = openNumbers();
    const told = (): void => {};
    const writer = openMetricWriter({ database, numbers, clock, gatherMs: config.gatherMs, wrote: observeWrites(metrics), told });
    const logModelMetrics = async (): Promise<void> => {};
    const runs = openRuns({
      ...{ database, metrics: writer, numbers, nowMs, newId, random, longValues: config.longValues, logModelMetrics, told },
    });
    const mlflow = speakMlflow({
      runs,
      nowMs,
      linksOf: async () => new Map(),
      experiments: openExperiments({ database, nowMs }),
      history: openMetricHistory(database),
    });
    return { handlers: handlers({ runs, database }), protocols: { mlflow }, [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose]() };
  },
});
