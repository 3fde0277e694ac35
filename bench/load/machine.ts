import { availableParallelism, cpus } from 'node:os';
import { spread } from './comparison.ts';
import type { Noise } from './noise.ts';

/** Load per core above which another program takes its share of every round. */
const BUSY = 0.25;

export const wasBusy = (loadBefore: number): boolean => loadBefore > BUSY * availableParallelism();

/** Figures without their machine mean nothing. */
export const machineLine = (): string =>
  `machine: ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown CPU'}), ${process.platform} ${process.arch}, Node ${process.version}`;

export function noiseLine({ arithmetic, stolen }: Noise, loadBefore: number): string {
  const { min, max } = spread(arithmetic);
  return `noise: the same arithmetic took ${min.toFixed(0)}–${max.toFixed(0)} ms, ${(stolen * 100).toFixed(1)} % of the time went to other machines, load ${loadBefore.toFixed(1)} before`;
}
