import type { ReadingThread, ScorerOptions } from '@mlab/onnx';

interface Reader extends AsyncDisposable {
  readonly read: NonNullable<ScorerOptions['read']>;
}

const IDLE_MS = 10_000;

/** Reads the files of models in a thread that begins with the first of them, and ends when none has come for a while. */
export function openReader(memoryMb: number): Reader {
  let thread: ReadingThread | undefined;
  return {
    read: async (bytes) => {
      const { ReadingThread } = await import('@mlab/onnx');
      thread ??= new ReadingThread({ idleMs: IDLE_MS, memoryMb });
      return thread.read(bytes);
    },
    [Symbol.asyncDispose]: async () => thread?.[Symbol.asyncDispose](),
  };
}
