import type { Objects } from '@mlab/kernel';
import type { KeptJob } from '#/domain/job.ts';
import { keysOf, readKept } from '#/train/kept-files.ts';
import type { TrainedModel } from '#/worker/messages.ts';

/** A model that was trained, and when. */
export interface Trained extends TrainedModel {
  /** Milliseconds since 1970; what is tracked of the end has this time, however often it is said. */
  readonly endedMs: number;
}

/** Keeps what was trained, so that whoever goes on with the job need not train again. The last object makes it whole. */
export async function keepTrained(objects: Objects, job: KeptJob, trained: Trained, signal: AbortSignal): Promise<void> {
  const keys = keysOf(job);
  const { onnx, report, ...rest } = trained;
  await objects.put(keys.model, onnx, { signal });
  await objects.put(keys.report, Buffer.from(report), { contentType: 'text/html', signal });
  await objects.put(keys.trained, Buffer.from(JSON.stringify(rest)), { contentType: 'application/json', signal });
}

export async function findTrained(objects: Objects, job: KeptJob, signal: AbortSignal): Promise<Trained | undefined> {
  const keys = keysOf(job);
  const rest = await readKept(objects, keys.trained, signal);
  if (rest === undefined) return undefined;
  const [onnx, report] = await Promise.all([readKept(objects, keys.model, signal), readKept(objects, keys.report, signal)]);
  if (onnx === undefined || report === undefined) return undefined;
  return { ...(JSON.parse(rest.toString()) as Omit<Trained, 'onnx' | 'report'>), onnx, report: report.toString() };
}

/** Once all is recorded only the report is wanted here. */
export async function dropTrained(objects: Objects, job: KeptJob, signal: AbortSignal): Promise<void> {
  const keys = keysOf(job);
  for (const key of [keys.checkpoint, keys.trained, keys.model]) await objects.delete(key, signal);
}
