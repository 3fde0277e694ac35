import { workerData } from 'node:worker_threads';
import { awaitChange, COMMAND, DONE, END, FAILED, ROUND, wake } from '#/team/control.ts';
import type { Membership, Work } from '#/team/team.ts';

/* A thread of a team: does its share of one command after another until the team ends. */

const { control: shared, module, job, member, port } = workerData as Membership;
const control = new Int32Array(shared);

const say = (word: number): void => {
  Atomics.add(control, word, 1);
  wake(control, DONE);
};

try {
  const share = ((await import(module)) as Work<unknown>).join(job, member);
  let round = 0;
  say(DONE);
  for (;;) {
    while (Atomics.load(control, ROUND) === round) awaitChange(control, ROUND, round, Number.POSITIVE_INFINITY);
    round = Atomics.load(control, ROUND);
    if (Atomics.load(control, END) === 1) break;
    share(Atomics.load(control, COMMAND));
    say(DONE);
  }
} catch (error) {
  port.postMessage(error instanceof Error ? (error.stack ?? error.message) : String(error));
  Atomics.add(control, FAILED, 1);
  // The one who waits for DONE has to look.
  say(DONE);
}
port.close();
