import { Worker } from 'node:worker_threads';

const THREAD = new URL('../worker/thread.ts', import.meta.url);
const STACK_MB = 8;

/** `memoryMb`: of JavaScript objects, in MiB. */
export function startThread(workerData: unknown, memoryMb: number): Worker {
  const worker = new Worker(THREAD, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: STACK_MB },
    // What it prints would be nobody's.
    stdout: true,
    stderr: true,
  });
  // It may also fail while nobody waits for it.
  worker.on('error', () => {});
  worker.stdout.resume();
  worker.stderr.resume();
  return worker;
}
