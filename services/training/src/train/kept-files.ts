import type { Objects } from '@mlab/kernel';
import type { KeptJob } from '#/domain/job.ts';

/** What lies among the objects of the service for a job: the state to go on from, and what it has made and not yet recorded. */
export const keysOf = ({ id, generation }: Pick<KeptJob, 'id' | 'generation'>) => {
  const folder = `jobs/${id}/${generation}`;
  return {
    checkpoint: `${folder}/checkpoint`,
    model: `${folder}/model.onnx`,
    trained: `${folder}/trained.json`,
    report: `${folder}/report.html`,
  };
};

export async function readKept(objects: Objects, key: string, signal: AbortSignal): Promise<Buffer | undefined> {
  if ((await objects.stat(key, signal)) === undefined) return undefined;
  const { body } = await objects.get(key, { signal });
  return Buffer.concat(await body.toArray());
}

/** All of a job, of whichever beginning. */
export async function deleteKept(objects: Objects, id: string, signal: AbortSignal): Promise<void> {
  const { items } = await objects.list({ prefix: `jobs/${id}/`, signal });
  for (const { key } of items) await objects.delete(key, signal);
}
