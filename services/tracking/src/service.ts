import { randomUUID } from 'node:crypto';
import { registry } from '@mlab/contracts/registry';
import { tracking } from '@mlab/contracts/tracking';
import { defineService } from '@mlab/kernel';
import { openArtifacts } from '#/artifacts/artifacts.ts';
import { openMultipart } from '#/artifacts/multipart.ts';
import { openSweeper } from '#/artifacts/sweeper.ts';
import { clean } from '#/cleaning/clean.ts';
import { cleanJob } from '#/cleaning/clean-job.ts';
import { config } from '#/config.ts';
import { consumers } from '#/consumers.ts';
import { openExperiments } from '#/experiments.ts';
import { openFiles } from '#/files.ts';
import { handlers } from '#/handlers.ts';
import { openImports } from '#/imports.ts';
import { openLiveMetrics } from '#/live/live-metrics.ts';
import { observeListeners } from '#/live/telemetry.ts';
import { openLoggedModels } from '#/logged-models.ts';
import { openMetricHistory } from '#/metric-history.ts';
import { openMetricWriter } from '#/metrics/metric-writer.ts';
import { openNumbers } from '#/metrics/numbers.ts';
import { observeWrites } from '#/metrics/telemetry.ts';
import { speakMlflow } from '#/protocols/mlflow/mlflow.ts';
import { openRecording } from '#/recording.ts';
import { openRunLinks } from '#/run-links.ts';
import { openRuns } from '#/runs.ts';
import { openStorage } from '#/storage.ts';

export const service = defineService({
  contract: tracking,
  needs: {},
  consumes: { versionRegistered: registry.events.versionRegistered },
  config,
  database: { migrations: new URL('../migrations/', import.meta.url) },
  jobs: { clean: cleanJob },
  objects: true,
  start({ config, database, objects, jobs, log, metrics, clock, random }) {
    const nowMs = (): number => clock.now().getTime();
    const newId = (): string => randomUUID().replaceAll('-', '');
    const numbers = openNumbers();
    const live = openLiveMetrics({ database, clock, log, settings: config });
    observeListeners(metrics, live.counts);
    const { told, changed } = live;
    const writer = openMetricWriter({ database, numbers, clock, gatherMs: config.gatherMs, wrote: observeWrites(metrics), told });
    const loggedModels = openLoggedModels({ database, numbers, nowMs, newId, random });
    const runs = openRuns({
      database,
      metrics: writer,
      numbers,
      nowMs,
      newId,
      random,
      longValues: config.longValues,
      logModelMetrics: loggedModels.logMetrics,
      told,
      changed,
    });
    const limits = { quotaBytes: config.artifactQuotaBytes, maxFileBytes: config.artifactMaxBytes };
    const sweeper = openSweeper({ database, objects, clock, log });
    const storing = { database, objects, sweeper, clock, newId, limits };
    const artifacts = openArtifacts(storing);
    const multipart = openMultipart({ ...storing, artifacts });
    const links = openRunLinks({ database });
    const experiments = openExperiments({ database, nowMs });
    const mlflow = speakMlflow({
      database,
      runs,
      loggedModels,
      artifacts,
      multipart,
      clock,
      nowMs,
      newId,
      links,
      experiments,
      history: openMetricHistory(database),
    });
    const files = openFiles({ database, artifacts, runs, loggedModels });
    const imports = openImports({ database, longValues: config.longValues });
    const storage = openStorage({ database, cleanings: jobs.clean, limits });
    const cleaning = {
      ...storing,
      keepDays: config.keepDeletedDays,
      keepTraceDays: config.keepTraceDays,
      abandonedMs: config.abandonedHours * 3_600_000,
    };
    // What the process before this one did not come to.
    sweeper.wake();
    return {
      handlers: handlers({
        runs,
        database,
        loggedModels,
        files,
        storage,
        live,
        imports,
        recording: openRecording({ experiments, runs, links }),
        linksOf: links.of,
      }),
      protocols: { mlflow },
      consumers: consumers(),
      jobs: { clean: (order, run) => clean(cleaning, order, run) },
      [Symbol.asyncDispose]: async () => {
        await multipart[Symbol.asyncDispose]();
        await sweeper[Symbol.asyncDispose]();
        await writer[Symbol.asyncDispose]();
        live[Symbol.dispose]();
      },
    };
  },
});
