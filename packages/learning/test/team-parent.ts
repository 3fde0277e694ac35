import { parentPort } from 'node:worker_threads';
import { openTeam } from '#/team/team.ts';
import * as work from './team-work.ts';

/* A thread that is blocked while a team of its own works. */

const job: work.Sums = { sums: new Int32Array(new SharedArrayBuffer(8)), ended: new Int32Array(new SharedArrayBuffer(4)) };
{
  using team = openTeam({ module: new URL('./team-work.ts', import.meta.url), work, job, members: 2 });
  for (let round = 0; round < 100; round++) team.run(work.COMMAND.add);
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(job);
