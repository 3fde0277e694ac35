import type { tracking } from '@mlab/contracts/tracking';
import { AppError, type Database, type HandlersOf } from '@mlab/kernel';
import { compareRuns } from '#/comparison.ts';
import type { Runs, WholeRun } from '#/runs.ts';

export interface Deps {
  readonly runs: Runs;
  readonly database: Database;
}

export const handlers = ({ runs, database }: Deps): HandlersOf<typeof tracking> => ({
  getRun: async ({ id }, call) => toRun(await runs.get(call, id)),
  compareRuns: (asked, call) => compareRuns(database, call, asked),
  getLoggedModel: () => {
    throw new AppError('not_implemented', 'Logged models come with the next part.');
  },
  listFiles: () => {
    throw new AppError('not_implemented', 'Artifacts come with the next part.');
  },
});

function toRun({ run, data }: WholeRun) {
  const { id, experimentId, name, userId, status, startMs, endMs, lifecycleStage, artifactUri } = run;
  return {
    ...{ id, experimentId, name, userId, status, lifecycleStage, startTime: startMs, artifactUri },
    ...(endMs === undefined ? {} : { endTime: endMs }),
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    metrics: data.metrics.map((metric) => ({ ...metric, value: Number.isNaN(metric.value) ? ('NaN' as const) : metric.value })),
  };
}
