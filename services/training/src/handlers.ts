import type { training } from '@mlab/contracts/training';
import { AppError, type Clock, type Database, type HandlersOf, type Objects } from '@mlab/kernel';
import { trainers } from '@mlab/learning';
import { page, readCursor } from '#/cursor.ts';
import type { Datasets } from '#/datasets.ts';
import { datasetView } from '#/domain/dataset.ts';
import { jobView } from '#/domain/job.ts';
import { jobStream } from '#/job-stream.ts';
import type { Programs } from '#/remote/programs.ts';
import { studyHandlers } from '#/studies/handlers.ts';
import type { Studies } from '#/studies/studies.ts';
import { keysOf } from '#/train/kept-files.ts';
import type { TrainingJobs } from '#/training-jobs.ts';

export interface Deps {
  readonly database: Database;
  readonly objects: Objects;
  readonly clock: Clock;
  readonly datasets: Datasets;
  readonly trainingJobs: TrainingJobs;
  readonly studies: Studies;
  readonly programs: Programs;
  readonly logPollMs: number;
}

export const handlers = ({
  database,
  objects,
  clock,
  datasets,
  trainingJobs,
  studies,
  programs,
  logPollMs,
}: Deps): HandlersOf<typeof training> => ({
  describeDataset: async ({ path, ...file }, call) => datasetView(await datasets.describe(call, path, file)),
  uploadDataset: async ({ body, ...file }, call) => datasetView(await datasets.upload(call, body, file)),
  listDatasets: async ({ name, limit, cursor }, call) =>
    page(await datasets.list(call, { name, below: readCursor(cursor), limit: limit + 1 }), limit, ({ seq }) => seq, datasetView),
  getDataset: async ({ id }, call) => datasetView(await datasets.mustFind(call, id)),
  getDatasetSchema: ({ id, target }, call) => datasets.schema(call, id, target),
  getDatasetContent: ({ id }, call) => datasets.content(call, id),
  deleteDataset: async ({ id }, call) => {
    await datasets.delete(call, id);
    return {};
  },

  listTrainers: ({ task }) => ({
    items: trainers
      .filter(({ tasks }) => task === undefined || tasks.includes(task))
      .map(({ name, title, tasks, parallel, params, space }) => ({ name, title, tasks: [...tasks], parallel, params: params.json, space })),
  }),

  createJob: async ({ key, ...spec }, call) => jobView(await trainingJobs.create(call, { spec, key })),
  listJobs: async ({ state, dataset, model, trainer, tag, limit, cursor }, call) => {
    const filter = { state, dataset, model, trainer, tag: readTag(tag), below: readCursor(cursor), limit: limit + 1 };
    return page(await trainingJobs.list(call, filter), limit, ({ seq }) => seq, jobView);
  },
  getJob: async ({ id }, call) => jobView(await trainingJobs.get(call, id)),
  cancelJob: async ({ id }, call) => jobView(await trainingJobs.cancel(call, id)),
  retryJob: async ({ id }, call) => jobView(await trainingJobs.retry(call, id)),
  deleteJob: async ({ id }, call) => {
    await trainingJobs.delete(call, id);
    return {};
  },
  jobLogs: (asked, call) => jobStream({ database, clock, pollMs: logPollMs }, call, asked),
  jobReport: async ({ id }, call) => {
    const job = await trainingJobs.get(call, id);
    if (job.state !== 'succeeded') throw new AppError('conflict', `The training job ${id} has no report: it is ${job.state}.`);
    const { report } = keysOf(job);
    if ((await objects.stat(report, call.signal)) === undefined)
      throw new AppError('not_found', `The training job ${id} has no report: its trainer was a command.`);
    const { body } = await objects.get(report, { signal: call.signal });
    return { contentType: 'text/html; charset=utf-8', body };
  },
  ...studyHandlers(studies),
  programOrder: (asked, call) => programs.order(asked, call.signal),
  programState: (asked, call) => programs.state(asked, call.signal),
  keepProgramState: async (asked, call) => {
    await programs.keepState(asked, call.signal);
    return {};
  },
  endProgram: async (asked, call) => {
    await programs.end(asked, call.signal);
    return {};
  },
});

function readTag(tag: string | undefined): { readonly key: string; readonly value: string | undefined } | undefined {
  if (tag === undefined) return undefined;
  const at = tag.indexOf('=');
  return at < 0 ? { key: tag, value: undefined } : { key: tag.slice(0, at), value: tag.slice(at + 1) };
}
