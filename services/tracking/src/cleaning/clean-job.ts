import { CleanOrder, CleanReport } from '@mlab/contracts/tracking-storage';
import { job } from '@mlab/kernel';

/** Every night, and whenever somebody asks for it. What it has not come to, the next attempt does. */
export const cleanJob = job({
  summary: 'Removes for good what was deleted long enough ago, and what is left of broken uploads',
  input: CleanOrder,
  output: CleanReport,
  retry: { limit: 5 },
  timeoutMs: 21_600_000,
  globalConcurrency: 1,
  cron: '23 3 * * *',
});
