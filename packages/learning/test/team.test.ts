import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { AppError } from '@mlab/kernel/errors';
import { openTeam, type Team } from '#/team/team.ts';
import * as work from './team-work.ts';

const newJob = (members: number): work.Sums => ({
  sums: new Int32Array(new SharedArrayBuffer(members * 4)),
  ended: new Int32Array(new SharedArrayBuffer(4)),
});
const open = (job: work.Sums, members: number): Team =>
  openTeam({ module: new URL('./team-work.ts', import.meta.url), work, job, members });

/** Threads may take a moment to end; this one is blocked meanwhile. */
function awaitEnd({ ended }: work.Sums, threads: number): void {
  for (let now = Atomics.load(ended, 0); now < threads; now = Atomics.load(ended, 0)) {
    assert.notEqual(Atomics.wait(ended, 0, now, 10_000), 'timed-out', 'a thread has not ended');
  }
}

describe('a team', () => {
  test('does each command once in each thread, and its threads end with it', () => {
    const job = newJob(3);
    {
      using team = open(job, 3);
      for (let round = 0; round < 500; round++) team.run(work.COMMAND.add);
      assert.deepEqual([...job.sums], [500, 1000, 1500]);
    }
    awaitEnd(job, 2);
  });

  test('of one is this thread alone', () => {
    const job = newJob(1);
    using team = open(job, 1);
    team.run(work.COMMAND.add);
    assert.deepEqual([...job.sums], [1]);
  });

  for (const [name, command] of [
    ['fails', work.COMMAND.fail],
    ['ends without a word', work.COMMAND.exit],
  ] as const) {
    test(`fails when a thread ${name}, and then all its threads end`, () => {
      const job = newJob(3);
      using team = open(job, 3);
      team.run(work.COMMAND.add);
      assert.throws(
        () => team.run(command),
        (error) => AppError.is(error, 'internal') && (name !== 'fails' || /It goes wrong/.test(String(error.cause))),
      );
      assert.throws(() => team.run(work.COMMAND.add), /have ended/);
      awaitEnd(job, 2);
    });
  }

  test('whose threads cannot begin is none', () => {
    assert.throws(
      () => open({ ...newJob(2), failsToStart: true }, 2),
      (error) => AppError.is(error, 'internal') && /does not begin/.test(String(error.cause)),
    );
  });

  test('works in a thread that is blocked', async () => {
    const thread = new Worker(new URL('./team-parent.ts', import.meta.url));
    const [job] = (await once(thread, 'message')) as [work.Sums];
    assert.deepEqual([...job.sums], [100, 200]);
    assert.deepEqual(await once(thread, 'exit'), [0]);
  });
});
