/** How steady the machine was: the same arithmetic before each round, and what the hypervisor gave to others meanwhile. */
import { readFileSync } from 'node:fs';

export interface Noise {
  /** Milliseconds that the same arithmetic took, before each round. */
  readonly arithmetic: readonly number[];
  /** Share of the time of all cores that went to other machines. */
  readonly stolen: number;
}

export function watchNoise(): { readonly round: () => void; readonly end: () => Noise } {
  const arithmetic: number[] = [];
  const before = cpuTimes();
  return {
    round: () => void arithmetic.push(calculate()),
    end() {
      const after = cpuTimes();
      const total = after.total - before.total;
      return { arithmetic, stolen: total > 0 ? (after.stolen - before.stolen) / total : 0 };
    },
  };
}

function calculate(): number {
  const began = performance.now();
  let value = 1;
  for (let step = 0; step < 2e7; step++) value = (value * 1_103_515_245 + 12_345) % 2_147_483_648;
  // Its result is looked at, or it might be left out.
  return value < 0 ? 0 : performance.now() - began;
}

function cpuTimes(): { total: number; stolen: number } {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
  return { total: fields.slice(0, 8).reduce((sum, each) => sum + each, 0), stolen: fields[7] ?? 0 };
}
