import { AppError } from '@mlab/kernel/errors';
import type { Answer, Question } from '#/scorer/ort-types.ts';
import { within } from '#/scorer/within.ts';

/** Where ONNX Runtime computes: a thread, or a process. It answers one question at a time. */
export interface OrtWorker {
  readonly hasEnded: boolean;
  ask(question: Question): Promise<Answer>;
  end(): Promise<void>;
}

/** Waits until the model is loaded; one that ONNX Runtime cannot load is refused as `invalid`, one that takes too long as `deadline`. */
export async function takeLoaded<W extends OrtWorker>(worker: W, timeoutMs: number, loaded: Promise<Answer>): Promise<W> {
  const answer = await within(timeoutMs, loaded);
  if (answer === 'timeout') {
    void worker.end();
    throw new AppError('deadline', `ONNX Runtime did not load the model within ${timeoutMs} ms.`);
  }
  if ('outputs' in answer) return worker;
  await worker.end();
  throw new AppError('invalid', `ONNX Runtime cannot load the model: ${'failed' in answer ? answer.failed : ''}`);
}
