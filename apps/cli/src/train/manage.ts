import { usageError } from '../cli-error.ts';
import { query } from '../import/server/pages.ts';
import { formatTable } from '../table.ts';
import { visibleText } from '../visible-text.ts';
import { figure, plainDisplay } from './display.ts';
import { followJob } from './follow.ts';
import type { Job } from './job.ts';
import { resultText } from './result-text.ts';
import type { TrainingLab } from './training-lab.ts';

export const ACTIONS = ['list', 'status', 'cancel', 'logs', 'retry'] as const;
export type Action = (typeof ACTIONS)[number];

interface Managed {
  readonly lab: TrainingLab;
  readonly id: string | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
}

const print = (write: Managed['write'], value: unknown): void => write(`${JSON.stringify(value, undefined, 2)}\n`);

/** What is done with jobs that are there. Answers the exit code. */
export async function manage(action: Action, { lab, id, json, signal, write }: Managed): Promise<number> {
  if (action === 'list') {
    const page = await lab.json(`/jobs${query({ limit: 50 })}`);
    if (json) print(write, page);
    else write(listText(page['items'] as readonly Job[]));
    return 0;
  }
  if (id === undefined) throw usageError(`mlab train ${action} takes the id of a job; mlab train list shows them.`);
  const path = `/jobs/${encodeURIComponent(id)}`;
  if (action === 'logs') {
    const ended = await followJob(
      lab,
      id,
      plainDisplay(write, () => performance.now()),
      signal,
    );
    return ended.state === 'succeeded' ? 0 : 1;
  }
  const job = (await (action === 'status'
    ? lab.json(path)
    : lab.json(`${path}/${action}`, { method: 'POST', json: {}, attempts: 1 }))) as unknown as Job;
  if (json) print(write, job);
  else write(statusText(job, lab));
  return 0;
}

function listText(jobs: readonly Job[]): string {
  if (jobs.length === 0) return 'No job was asked for yet.\n';
  const rows = jobs.map(({ id, state, progress, spec, result, createdAt }) => {
    const main = result?.metrics.find(({ name }) => name === result.metric);
    const model = result?.version === undefined ? (spec.model ?? '–') : `${result.model ?? ''} version ${result.version}`;
    const how = state === 'running' ? `${progress.phase} ${Math.floor(progress.share * 100)} %` : state;
    const trainer = typeof spec.trainer === 'string' ? spec.trainer : 'command';
    return [id, how, trainer, visibleText(model), main === undefined ? '–' : `${main.name} ${figure(main.value)}`, createdAt];
  });
  return formatTable([['JOB', 'STATE', 'TRAINER', 'MODEL', 'METRIC', 'CREATED'], ...rows]);
}

function statusText(job: Job, lab: TrainingLab): string {
  const { id, state, progress, error } = job;
  const how = state === 'running' ? `: ${progress.phase}, ${Math.floor(progress.share * 100)} %` : '';
  const why = error === undefined ? '' : `\n${visibleText(error)}`;
  return `Job ${id} is ${state}${how}.${why}\n${state === 'succeeded' ? resultText(job, lab, undefined) : ''}`;
}
