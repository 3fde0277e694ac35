import { parentPort } from 'node:worker_threads';
import { AppError } from '@mlab/kernel/errors';
import { readModel } from '#/read/read-model.ts';
import { buffersOf, prepareModel } from '#/scorer/prepare-model.ts';
import type { Reading, ToRead } from '#/scorer/reading-thread.ts';

/* Reads files for another thread, which answers questions meanwhile. */

parentPort?.on('message', ({ id, bytes }: ToRead) => {
  try {
    const model = prepareModel(readModel(bytes));
    answer({ id, model }, buffersOf(model));
  } catch (error) {
    const { code, message } = AppError.from(error);
    answer({ id, failed: { code, message } }, []);
  }
});

function answer(reading: Reading, transfer: ArrayBuffer[]): void {
  parentPort?.postMessage(reading, transfer);
}
