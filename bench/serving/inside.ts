import { compile, readModel } from '@mlab/onnx';
import { perRow } from '../scoring/per-row.ts';
import { makeRow } from './models.ts';

const ROWS = 500;
const SLICE_MS = 150;

/** Microseconds of CPU that the compiled model takes for a row inside the process, one for each round. */
export async function measureInside(bytes: Uint8Array, rounds: number): Promise<readonly number[]> {
  const { compiled, reason } = compile(readModel(bytes));
  if (compiled === undefined) throw new Error(`The model is not compiled: ${reason}`);
  // Always the same row would be learnt by heart by the processor.
  const questions = Array.from({ length: ROWS }, () => ({ x: Float32Array.from(makeRow()) }));
  const measured: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const time = await perRow(1, SLICE_MS, (index) => void compiled.score(questions[index % ROWS] ?? {}));
    if (round >= 0) measured.push(time);
  }
  return measured;
}
