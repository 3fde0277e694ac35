import { availableParallelism } from 'node:os';
import type { Config } from '#/config.ts';
import type { ReadLimits } from '#/data/dataset.ts';

const MOST_THREADS = 3;
const MOST_ROWS = 50_000_000;

/** How many threads a trainer may use besides its own. */
export const threadsOf = ({ threads }: Config): number => (threads > 0 ? threads : Math.min(MOST_THREADS, availableParallelism() - 1));

export const limitsOf = ({ uploadMaxBytes, maxPlainBytes, maxColumns, maxCells, readerMemoryMb }: Config): ReadLimits => ({
  maxBytes: Math.max(uploadMaxBytes, maxPlainBytes),
  maxPlainBytes,
  maxRows: MOST_ROWS,
  maxColumns,
  maxCells,
  memoryMiB: readerMemoryMb,
  threads: 2,
});
