import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ortNameOf, typeOfOrtName, type Answer, type Question, type WorkerSettings } from '#/scorer/ort-types.ts';
import type { TensorValues } from '#/model/tensor-values.ts';

/* Runs in a thread of its own, because ONNX Runtime blocks the event loop on which it is asked. */

const { bytes, threads } = workerData as WorkerSettings;
/** What goes wrong is answered; the log of this process needs no line of it. */
const FATAL = 4;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const answer = (message: Answer): void => parentPort?.postMessage(message);
const failed = (error: unknown): void => answer({ failed: error instanceof Error ? error.message : String(error) });

try {
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: FATAL,
  });
  answer({ outputs: [] });
  parentPort?.on('message', (question: Question) => {
    run(session, question).then(answer, failed);
  });
} catch (error) {
  failed(error);
}

async function run(session: InferenceSession, { feeds }: Question): Promise<Answer> {
  const tensors = feeds.map(({ name, type, dims, data }) => [
    name,
    new Tensor(ortNameOf(type) as 'float32', data as Float32Array, [...dims]),
  ]);
  const results = await session.run(Object.fromEntries(tensors) as Record<string, Tensor>, { logSeverityLevel: FATAL });
  const outputs = Object.entries(results).map(([name, { type, dims, data }]) => ({
    name,
    type: typeOfOrtName(type),
    dims: [...dims],
    data: data as TensorValues,
  }));
  return { outputs };
}
