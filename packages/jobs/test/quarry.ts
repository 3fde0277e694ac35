import { job } from '@mlab/kernel';
import { Type } from '@mlab/schema';

const Nothing = Type.Object({});

/** Jobs whose workers die. */
export const quarry = {
  break: job({
    summary: 'Break a stone',
    input: Type.Object({ stone: Type.Integer() }),
    output: Nothing,
    timeoutMs: 3_600_000,
    leaseMs: 1000,
    concurrency: 2,
    retry: { limit: 50, delayMs: 20 },
  }),
};
