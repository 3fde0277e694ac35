import type { Scorer } from '@mlab/onnx';
import { askReference, openReference } from '../../onnx/test/ort.ts';

/**
 * ONNX Runtime's answers to what the scorer of the same model is asked, for so many rows. In this thread: to start one for each model takes
 * longer than all else.
 */
export async function referenceFor(bytes: Uint8Array, { inputs }: Scorer, rows: number): Promise<AsyncDisposable & Pick<Scorer, 'score'>> {
  const session = await openReference(bytes);
  return {
    score: (columns) => askReference(session, inputs, columns, rows),
    [Symbol.asyncDispose]: () => session.release(),
  };
}
