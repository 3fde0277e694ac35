import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CliError, messageOf } from '../cli-error.ts';
import { query } from '../import/server/pages.ts';
import { visibleText } from '../visible-text.ts';
import { noDisplay, plainDisplay, terminalDisplay, type TrainingDisplay } from './display.ts';
import { followJob, followStudy } from './follow.ts';
import type { Job, Study } from './job.ts';
import type { TrainingOrder } from './order.ts';
import { resultText } from './result-text.ts';
import type { TrainingLab } from './training-lab.ts';

export interface TrainingWish {
  /** A path, or `-`. */
  readonly file: string;
  readonly order: TrainingOrder;
  readonly lab: TrainingLab;
  readonly json: boolean;
  readonly format: string | undefined;
  readonly signal: AbortSignal;
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: { write(text: string): unknown; readonly isTTY?: boolean };
}

/** What was begun, so that it can be cancelled. */
export interface Begun {
  job?: string;
  study?: string;
}

const STOPPED = { failed: 'has failed', cancelled: 'was cancelled', stopped: 'was stopped' } as const;

/** From the file to what came of it. Answers whether a model came of it. */
export async function startTraining(wish: TrainingWish, begun: Begun): Promise<boolean> {
  const { order, lab, json, signal, output } = wish;
  const write = (text: string): void => void output.write(text);
  const display = json ? noDisplay : output.isTTY === true ? terminalDisplay(write) : plainDisplay(write, () => performance.now());
  const dataset = await upload(wish, display);
  const spec = { ...order.spec, dataset };
  const key = randomUUID();
  const { search } = order;
  let study: Study | undefined;
  if (search !== undefined) {
    study = (await lab.json('/studies', { method: 'POST', json: { ...spec, search, key } })) as unknown as Study;
    begun.study = study.id;
    display.line(`Study ${study.id}.`);
    study = await followStudy(lab, study.id, display, signal);
    display.clear();
  }
  if (study !== undefined && study.jobId === undefined) return end(wish, { study });
  const job =
    study === undefined
      ? ((await lab.json('/jobs', { method: 'POST', json: { ...spec, key } })) as unknown as Job)
      : ((await lab.json(`/jobs/${study.jobId}`)) as unknown as Job);
  begun.job = job.id;
  display.line(`Job ${job.id}.`);
  const ended = await followJob(lab, job.id, display, signal);
  display.clear();
  return end(wish, { job: ended, study });
}

async function upload({ file, format, lab, order, input, json }: TrainingWish, display: TrainingDisplay): Promise<string> {
  const isInput = file === '-';
  if (!isInput) {
    const info = await stat(file).catch((error: unknown) => {
      throw new CliError(
        `${file} cannot be read: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : messageOf(error)}.`,
      );
    });
    if (!info.isFile()) throw new CliError(`${file} is no file.`);
  }
  const fileName = isInput ? 'standard-input' : basename(file);
  const asked = query({ fileName, format });
  const body = (): AsyncIterable<Uint8Array> => (isInput ? input : createReadStream(file));
  const sent = { method: 'POST', body, contentType: 'application/octet-stream', ...(isInput ? { attempts: 1 } : {}) } as const;
  const { id, bytes } = await lab.json(`/datasets/upload${asked}`, sent);
  const target = typeof order.spec['target'] === 'string' ? order.spec['target'] : undefined;
  const told = order.spec['task'] === undefined ? target : undefined;
  if (!json) await showSchema(lab, String(id), { target: told, bytes: Number(bytes), fileName }, display);
  return String(id);
}

interface Shown {
  readonly target: string | undefined;
  readonly bytes: number;
  readonly fileName: string;
}

const COLUMNS = 12;

/** What the service has read: rows, columns, and the task that it infers. */
async function showSchema(lab: TrainingLab, id: string, { target, bytes, fileName }: Shown, display: TrainingDisplay): Promise<void> {
  const schema = await lab.json(`/datasets/${encodeURIComponent(id)}/schema${query({ target })}`);
  const columns = schema['columns'] as readonly { readonly name: string; readonly type: string }[];
  const shown = columns.slice(0, COLUMNS).map(({ name, type }) => `${name} (${type})`);
  const more = columns.length > COLUMNS ? `, and ${columns.length - COLUMNS} more` : '';
  display.line(`${fileName}: ${bytes} bytes, ${String(schema['rows'])} rows, ${columns.length} columns`);
  display.line(`  ${shown.join(', ')}${more}`);
  const task = schema['task'] as { readonly kind: string; readonly reason: string } | undefined;
  if (task !== undefined) display.line(`  task: ${task.kind}. ${task.reason}`);
}

function end({ json, output, lab }: TrainingWish, { job, study }: { readonly job?: Job; readonly study?: Study | undefined }): boolean {
  const state = job?.state ?? study?.state ?? 'failed';
  if (json)
    output.write(`${JSON.stringify({ ...(study === undefined ? {} : { study }), ...(job === undefined ? {} : { job }) }, undefined, 2)}\n`);
  if (state === 'succeeded' && job !== undefined) {
    if (!json) output.write(resultText(job, lab, study));
    return true;
  }
  const what = job === undefined ? `The study ${study?.id ?? ''}` : `The job ${job.id}`;
  const why = job?.error ?? study?.error;
  const how = STOPPED[state as keyof typeof STOPPED] ?? `is ${state}`;
  throw new CliError(`${what} ${how}${why === undefined ? '.' : `: ${visibleText(why)}`}`);
}
