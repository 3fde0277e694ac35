import type { Logger } from '@mlab/telemetry';
import type { Objects } from '@mlab/kernel';
import type { Config } from '#/config.ts';
import type { Datasets } from '#/datasets.ts';
import type { KeptDataset } from '#/domain/dataset.ts';
import type { KeptJob } from '#/domain/job.ts';
import type { ReportedStudy } from '#/report/contents.ts';
import { limitsOf, threadsOf } from '#/threads/bounds.ts';
import type { Threads } from '#/threads/threads.ts';
import { keysOf, readKept } from '#/train/kept-files.ts';
import type { Teller } from '#/train/teller.ts';
import type { TrainedModel, TrainOrder } from '#/worker/messages.ts';

export interface TrainAsked {
  readonly job: KeptJob;
  readonly dataset: KeptDataset;
  /** The one whose best it trains, for the report. */
  readonly study: ReportedStudy | undefined;
  readonly names: TrainOrder['names'];
  readonly teller: Teller;
  readonly signal: AbortSignal;
}

export type Train = (asked: TrainAsked) => Promise<TrainedModel>;

/** Trains in a thread, and keeps a state to go on from now and then. */
export function openTrainThread({
  config,
  datasets,
  objects,
  threads,
  log,
}: {
  readonly config: Config;
  readonly datasets: Datasets;
  readonly objects: Objects;
  readonly threads: Threads;
  readonly log: Logger;
}): Train {
  return async ({ job, dataset, study, names, teller, signal }) => {
    await using file = await datasets.openFile(dataset, signal);
    const resume = await readKept(objects, keysOf(job).checkpoint, signal);
    if (resume !== undefined) teller.line('info', 'Training goes on from where another process has left it.');
    let keeping: Promise<unknown> | undefined;
    let latest: Uint8Array | undefined;
    /** One after the other, and of those that come meanwhile the last. */
    const keep = (state: Uint8Array): void => {
      latest = state;
      keeping ??= (async () => {
        while (latest !== undefined) {
          const taken = latest;
          latest = undefined;
          await objects.put(keysOf(job).checkpoint, taken, { signal });
        }
      })()
        .catch((error: unknown) => log.warn({ err: error, training_job: job.id }, 'The state of a training job could not be kept.'))
        .finally(() => {
          keeping = undefined;
        });
    };
    try {
      return await threads.run<TrainedModel>({
        order: {
          kind: 'train',
          file: { path: file.path, name: file.name, reading: file.reading },
          limits: limitsOf(config),
          threads: threadsOf(config),
          spec: job.spec,
          names,
          ...(study === undefined ? {} : { study }),
          checkpointMs: config.checkpointMs,
          ...(resume === undefined ? {} : { resume }),
        },
        signal,
        graceMs: config.graceMs,
        onSaid: (said) => {
          if (said.kind === 'checkpoint') keep(said.state);
          else teller.heard(said);
        },
      });
    } finally {
      await keeping;
    }
  };
}
