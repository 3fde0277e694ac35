import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { TensorValues } from '#/model/tensor-values.ts';
import { ortNameOf, typeOfOrtName, type Answer, type Question, type WorkerSettings } from '#/scorer/ort-types.ts';

/** What goes wrong is answered; the log of this process needs no line of it. */
const FATAL = 4;

/** Loads the model, then answers each question; `answer` hears of both. */
export async function openSession(
  { bytes, threads, maxOutputBytes = Infinity }: WorkerSettings,
  answer: (answer: Answer) => void,
): Promise<(question: Question) => void> {
  const failed = (error: unknown): void => answer({ failed: error instanceof Error ? error.message : String(error) });
  try {
    // ONNX Runtime does not read shared memory.
    const own = bytes.buffer instanceof ArrayBuffer ? bytes : Uint8Array.from(bytes);
    const session = await InferenceSession.create(own, { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: FATAL });
    answer({ outputs: [] });
    return (question) => void run(session, question, maxOutputBytes).then(answer, failed);
  } catch (error) {
    failed(error);
    return () => {};
  }
}

async function run(session: InferenceSession, { feeds }: Question, maxBytes: number): Promise<Answer> {
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
  const bytes = outputs.reduce((sum, { data }) => sum + bytesOf(data), 0);
  return bytes > maxBytes ? { tooMany: bytes } : { outputs };
}

const bytesOf = (data: TensorValues): number =>
  ArrayBuffer.isView(data) ? data.byteLength : data.reduce((sum, text) => sum + text.length, 0);
